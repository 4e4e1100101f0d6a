// One pod's sync as a Go program would do it: aws-sdk-go-v2 and client-go, with their defaults.
//
// What jasm-init is measured against. It reads the same environment as ../floor.py, makes the same
// five requests, and handles no failure: it ends at the first.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

type annotation struct {
	Path       string `json:"path"`
	SecretName string `json:"secretName"`
}

func main() {
	if err := sync(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func sync(ctx context.Context) error {
	var wanted annotation
	if err := yaml.Unmarshal([]byte(os.Getenv("ANN")), &wanted); err != nil {
		return err
	}
	values, err := fetch(ctx, wanted.Path)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(&rest.Config{
		Host:            os.Getenv("API"),
		BearerTokenFile: os.Getenv("TOKEN"),
		TLSClientConfig: rest.TLSClientConfig{CAFile: os.Getenv("CA")},
	})
	if err != nil {
		return err
	}
	if err := store(ctx, client, wanted.SecretName, values); err != nil {
		return err
	}
	return tell(ctx, client)
}

func fetch(ctx context.Context, path string) (map[string]string, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	// By hand, for LoadDefaultConfig's own web identity does not hear of AWS_ENDPOINT_URL.
	token := stscreds.IdentityTokenFile(os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE"))
	role := stscreds.NewWebIdentityRoleProvider(
		sts.NewFromConfig(settings), os.Getenv("AWS_ROLE_ARN"), token)
	settings.Credentials = aws.NewCredentialsCache(role)
	answer, err := secretsmanager.NewFromConfig(settings).GetSecretValue(
		ctx, &secretsmanager.GetSecretValueInput{SecretId: &path})
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	return values, json.Unmarshal([]byte(aws.ToString(answer.SecretString)), &values)
}

func store(ctx context.Context, client kubernetes.Interface, name string, values map[string]string) error {
	secrets := client.CoreV1().Secrets(os.Getenv("NS"))
	wanted := &core.Secret{ObjectMeta: meta.ObjectMeta{Name: name}, StringData: values}
	stored, err := secrets.Get(ctx, name, meta.GetOptions{})
	if errors.IsNotFound(err) {
		_, err = secrets.Create(ctx, wanted, meta.CreateOptions{})
		return err
	}
	if err != nil {
		return err
	}
	wanted.ResourceVersion = stored.ResourceVersion
	_, err = secrets.Update(ctx, wanted, meta.UpdateOptions{})
	return err
}

func tell(ctx context.Context, client kubernetes.Interface) error {
	now, namespace := meta.NewTime(time.Now()), os.Getenv("NS")
	event := &core.Event{
		ObjectMeta:     meta.ObjectMeta{GenerateName: "reference-"},
		InvolvedObject: core.ObjectReference{Kind: "Pod", Name: "p", Namespace: namespace},
		Reason:         "Synced",
		Message:        "ok",
		Type:           core.EventTypeNormal,
		FirstTimestamp: now,
		LastTimestamp:  now,
		Count:          1,
	}
	_, err := client.CoreV1().Events(namespace).Create(ctx, event, meta.CreateOptions{})
	return err
}
