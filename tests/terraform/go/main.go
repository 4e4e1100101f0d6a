// Reads Terraform on standard input as Terraform itself does: HCL's own parser, formatter and
// evaluation. Prints JSON: each block with its labels, attributes and blocks, and whether the text
// is formatted. A reference to a resource is its own text,
// as is a template that has one.
package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"os"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

type block struct {
	Kind   string                     `json:"kind"`
	Labels []string                   `json:"labels"`
	Body   map[string]json.RawMessage `json:"body"`
	Blocks []block                    `json:"blocks"`
}

func main() {
	text, err := io.ReadAll(os.Stdin)
	check(err)
	file, problems := hclsyntax.ParseConfig(text, "stdin", hcl.InitialPos)
	if problems.HasErrors() {
		log.Fatal(problems)
	}
	blocks := []block{}
	for _, found := range file.Body.(*hclsyntax.Body).Blocks {
		blocks = append(blocks, read(found, text))
	}
	formatted := bytes.Equal(hclwrite.Format(text), text)
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{"blocks": blocks, "formatted": formatted}))
}

func read(found *hclsyntax.Block, text []byte) block {
	body := map[string]json.RawMessage{}
	for name, attribute := range found.Body.Attributes {
		body[name] = value(attribute.Expr, text)
	}
	blocks := []block{}
	for _, inner := range found.Body.Blocks {
		blocks = append(blocks, read(inner, text))
	}
	return block{found.Type, append([]string{}, found.Labels...), body, blocks}
}

func value(expression hclsyntax.Expression, text []byte) json.RawMessage {
	if reference, ok := expression.(*hclsyntax.ScopeTraversalExpr); ok {
		said, err := json.Marshal("${" + string(reference.Range().SliceBytes(text)) + "}")
		check(err)
		return said
	}
	if object, ok := expression.(*hclsyntax.ObjectConsExpr); ok {
		return fields(object, text)
	}
	if template, ok := expression.(*hclsyntax.TemplateExpr); ok && len(template.Variables()) > 0 {
		quoted := string(template.Range().SliceBytes(text))
		said, err := json.Marshal(quoted[1 : len(quoted)-1])
		check(err)
		return said
	}
	functions := map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc}
	result, problems := expression.Value(&hcl.EvalContext{Functions: functions})
	if problems.HasErrors() {
		log.Fatal(problems)
	}
	said, err := ctyjson.Marshal(result, result.Type())
	check(err)
	return said
}

// An object may hold references, which have no value here.
func fields(object *hclsyntax.ObjectConsExpr, text []byte) json.RawMessage {
	found := map[string]json.RawMessage{}
	for _, item := range object.Items {
		key, problems := item.KeyExpr.Value(nil)
		if problems.HasErrors() {
			log.Fatal(problems)
		}
		found[key.AsString()] = value(item.ValueExpr, text)
	}
	said, err := json.Marshal(found)
	check(err)
	return said
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

