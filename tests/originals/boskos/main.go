// Boskos: the real server's handlers, ranch and storage, over a Kubernetes API in memory.
//
// The server's own command has such a mode too, but listens on every address.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"sigs.k8s.io/boskos/handlers"
	"sigs.k8s.io/boskos/ranch"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

// The server's own default.
const requestTTL = 30 * time.Second

func main() {
	config := flag.String("config", "", "the file that names the resources")
	flag.Parse()
	if err := serve(*config); err != nil {
		log.Fatal(err)
	}
}

func serve(config string) error {
	storage := ranch.NewStorage(context.Background(), fake.NewClientBuilder().Build(), "default")
	resources, err := ranch.NewRanch(config, storage, requestTTL)
	if err != nil {
		return err
	}
	if err := resources.SyncConfig(config); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("BOSKOS_HOST=%s\n", listener.Addr())
	return http.Serve(listener, handlers.NewBoskosHandler(resources))
}
