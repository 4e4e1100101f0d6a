// Webhook is what the injector is measured against: the same answer for the pods of the benchmark,
// and nothing beside it. No log, no metrics, no YAML, no copied resources: no injector to be used.
package main

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
)

var version string

const (
	wish     = "jasm.codnod.io/secret-sync"
	injected = "/metadata/annotations/jasm.codnod.io~1injected"
)

type object = map[string]any

type named struct {
	Name string `json:"name"`
}

type container struct {
	Env          []object `json:"env"`
	VolumeMounts []object `json:"volumeMounts"`
}

type review struct {
	Request struct {
		UID    string `json:"uid"`
		Object struct {
			Metadata struct {
				Annotations map[string]string `json:"annotations"`
			} `json:"metadata"`
			Spec struct {
				Volumes        []named     `json:"volumes"`
				InitContainers []named     `json:"initContainers"`
				Containers     []container `json:"containers"`
			} `json:"spec"`
		} `json:"object"`
	} `json:"request"`
}

type response struct {
	UID       string `json:"uid"`
	Allowed   bool   `json:"allowed"`
	PatchType string `json:"patchType,omitempty"`
	Patch     []byte `json:"patch,omitempty"` // encoding/json writes bytes as base64
}

func add(path string, value any) object {
	return object{"op": "add", "path": path, "value": value}
}

// inserted puts items into a list that is there, one by one; a list that is not is made.
func inserted(path string, before []named, place string, items ...any) []object {
	if len(before) == 0 {
		return []object{add(path, items)}
	}
	var operations []object
	for _, item := range items {
		operations = append(operations, add(path+place, item))
	}
	return operations
}

func volumes() []any {
	field := func(path string) object { return object{"fieldPath": path} }
	var items []object
	for _, name := range []string{"secret-sync", "on-failure", "max-stale", "max-age", "mode", "refresh-interval", "on-change", "change-window"} {
		path := "metadata.annotations['jasm.codnod.io/" + name + "']"
		items = append(items, object{"path": name, "fieldRef": field(path)})
	}
	for _, name := range []string{"name", "namespace", "uid"} {
		items = append(items, object{"path": name, "fieldRef": field("metadata." + name)})
	}
	sources := []object{
		{"serviceAccountToken": object{"path": "token", "expirationSeconds": 3600}},
		{"configMap": object{"name": "kube-root-ca.crt", "items": []object{{"key": "ca.crt", "path": "ca.crt"}}}},
		{"downwardAPI": object{"items": []object{{"path": "namespace", "fieldRef": field("metadata.namespace")}}}},
	}
	return []any{
		object{"name": "jasm-podinfo", "downwardAPI": object{"items": items}},
		object{"name": "jasm-token", "projected": object{"sources": sources}},
	}
}

// identity is what the AWS webhook gave the containers: its variables, and the mount of its token.
func identity(containers []container) (env, mounts []object) {
	for _, each := range containers {
		for _, mount := range each.VolumeMounts {
			if mount["name"] == "aws-iam-token" {
				mounts = append(mounts, mount)
			}
		}
		for _, variable := range each.Env {
			if name, _ := variable["name"].(string); strings.HasPrefix(name, "AWS_") {
				env = append(env, variable)
			}
		}
	}
	return env, mounts
}

func injecting(containers []container) object {
	node := object{"fieldRef": object{"fieldPath": "spec.nodeName"}}
	env, mounts := identity(containers)
	return object{
		"name": "jasm-init", "image": "jasm/init:demo", "imagePullPolicy": "IfNotPresent",
		"command":                  []string{"jasm-init"},
		"env":                      append([]object{{"name": "JASM_NODE_NAME", "valueFrom": node}}, env...),
		"terminationMessagePolicy": "FallbackToLogsOnError",
		"securityContext": object{
			"runAsNonRoot": true, "runAsUser": 65532, "allowPrivilegeEscalation": false,
			"readOnlyRootFilesystem": true, "capabilities": object{"drop": []string{"ALL"}},
			"seccompProfile": object{"type": "RuntimeDefault"},
		},
		"volumeMounts": append([]object{
			{"name": "jasm-podinfo", "mountPath": "/var/run/jasm/podinfo", "readOnly": true},
			{"name": "jasm-token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true},
		}, mounts...),
	}
}

func answer(asked review) (response, error) {
	pod := asked.Request.Object
	if _, wished := pod.Metadata.Annotations[wish]; !wished {
		return response{UID: asked.Request.UID, Allowed: true}, nil
	}
	operations := inserted("/spec/volumes", pod.Spec.Volumes, "/-", volumes()...)
	operations = append(operations, inserted("/spec/initContainers", pod.Spec.InitContainers, "/0", injecting(pod.Spec.Containers))...)
	patch, err := json.Marshal(append(operations, add(injected, version)))
	return response{asked.Request.UID, true, "JSONPatch", patch}, err
}

func mutate(writer http.ResponseWriter, request *http.Request) {
	var asked review
	if err := json.NewDecoder(request.Body).Decode(&asked); err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	answered, err := answer(asked)
	if err != nil {
		http.Error(writer, err.Error(), http.StatusInternalServerError)
		return
	}
	writer.Header().Set("Content-Type", "application/json")
	json.NewEncoder(writer).Encode(object{
		"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answered,
	})
}

func main() {
	certificate := flag.String("certificate", "tls.crt", "PEM file")
	key := flag.String("key", "tls.key", "PEM file")
	address := flag.String("address", "127.0.0.1:0", "host:port to listen on, port 0 for any")
	flag.StringVar(&version, "version", "bench", "to write on each pod")
	flag.Parse()
	pair, err := tls.LoadX509KeyPair(*certificate, *key)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /mutate", mutate)
	fmt.Printf("https://%s/mutate\n", listener.Addr())
	config := &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}
	log.Fatal(http.Serve(tls.NewListener(listener, config), nil))
}
