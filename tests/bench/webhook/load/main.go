// Load posts JSON over kept-alive TLS connections, each request as fast as the last is answered,
// and reports one JSON object. The requests are made beforehand, for it must cost less than the
// servers that it measures: both share one machine.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"sync"
	"syscall"
	"time"
)

type report struct {
	Took    []int64 `json:"took_us"` // each answered request
	Errors  int     `json:"errors"`
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"generator_cpu"` // seconds of this process
	Failure string  `json:"failure"`       // the first one
}

// post is one request. Its two parts are written one after the other, as API servers do.
type post struct {
	head, body []byte
}

// worker is one connection, and what it saw.
type worker struct {
	connection *tls.Conn
	reader     *bufio.Reader
	took       []int64 // microseconds
	err        error
}

// run ends at the first failure: one is enough for the verdict.
func (w *worker) run(requests []post, next int, wanted string, end time.Time) {
	w.connection.SetDeadline(end.Add(10 * time.Second))
	for start := time.Now(); start.Before(end); start = time.Now() {
		if w.err = w.once(requests[next%len(requests)], wanted); w.err != nil {
			return
		}
		next++
		w.took = append(w.took, time.Since(start).Microseconds())
	}
}

func (w *worker) once(request post, wanted string) error {
	for _, part := range [][]byte{request.head, request.body} {
		if _, err := w.connection.Write(part); err != nil {
			return err
		}
	}
	response, err := http.ReadResponse(w.reader, nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode/100 != 2 || !bytes.Contains(body, []byte(wanted))) {
		err = fmt.Errorf("no %s, but status %d: %.200s", wanted, response.StatusCode, body)
	}
	return err
}

func connect(target *url.URL, ca string, number int) ([]*worker, error) {
	pem, err := os.ReadFile(ca)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	workers := make([]*worker, number)
	for index := 0; index < number && err == nil; index++ {
		var connection *tls.Conn
		connection, err = tls.Dial("tcp", target.Host, &tls.Config{RootCAs: roots})
		if err == nil {
			workers[index] = &worker{connection: connection, reader: bufio.NewReader(connection)}
		}
	}
	return workers, err
}

// posts are the requests as an API server sends them, one for each line of the file.
func posts(target *url.URL, file, token string) ([]post, error) {
	text, err := os.ReadFile(file)
	authorization := ""
	if token != "" && err == nil {
		var bearer []byte
		bearer, err = os.ReadFile(token)
		authorization = fmt.Sprintf("Authorization: Bearer %s\r\n", bearer)
	}
	var all []post
	for _, body := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		head := fmt.Sprintf("POST %s?timeout=5s HTTP/1.1\r\nHost: %s\r\n", target.Path, target.Host) +
			"User-Agent: kube-apiserver-admission\r\nAccept: application/json, */*\r\n" +
			"Content-Type: application/json\r\nAccept-Encoding: gzip\r\n" + authorization +
			fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))
		all = append(all, post{[]byte(head), body})
	}
	return all, err
}

func runAll(workers []*worker, requests []post, wanted string, lasts time.Duration) time.Duration {
	var group sync.WaitGroup
	start := time.Now()
	for number, each := range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			each.run(requests, number*len(requests)/len(workers), wanted, start.Add(lasts))
		}()
	}
	group.Wait()
	return time.Since(start)
}

func summary(workers []*worker, elapsed, cpu time.Duration) report {
	found := report{Took: []int64{}, Seconds: elapsed.Seconds(), CPU: cpu.Seconds()}
	for _, each := range workers {
		found.Took = append(found.Took, each.took...)
		if each.err != nil {
			found.Errors++
			found.Failure = each.err.Error()
		}
	}
	return found
}

func spent() time.Duration {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	address := flag.String("url", "", "to post to")
	ca := flag.String("ca", "ca.crt", "PEM file")
	bodies := flag.String("bodies", "bodies", "a file of what to send, one a line")
	token := flag.String("token", "", "a file with a bearer token, if one is wanted")
	wanted := flag.String("wanted", `"patch":`, "what a good answer contains")
	connections := flag.Int("connections", 1, "at a time")
	seconds := flag.Float64("seconds", 5, "to go on")
	flag.Parse()
	target, err := url.Parse(*address)
	check(err)
	requests, err := posts(target, *bodies, *token)
	check(err)
	workers, err := connect(target, *ca, *connections)
	check(err)
	before := spent()
	elapsed := runAll(workers, requests, *wanted, time.Duration(*seconds*float64(time.Second)))
	check(json.NewEncoder(os.Stdout).Encode(summary(workers, elapsed, spent()-before)))
}
