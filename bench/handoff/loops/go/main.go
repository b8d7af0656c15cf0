// CPU microseconds of Go for a handoff. The arguments: a file with a handoff in each line, and how many of the last lines count.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"syscall"

	"moor.example/moor"
)

func cpuMicros() float64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1000
}

func microsOf(handoffs []string, check func(handoff string)) float64 {
	before := cpuMicros()
	for _, handoff := range handoffs {
		check(handoff)
	}
	return (cpuMicros() - before) / float64(len(handoffs))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	must(err)
	count, err := strconv.Atoi(os.Args[2])
	must(err)
	handoffs := strings.Fields(string(text))
	warm, counted := handoffs[:len(handoffs)-count], handoffs[len(handoffs)-count:]
	keeper, err := moor.New(moor.FromEnvironment())
	must(err)
	page := keeper.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		_, err := moor.FromRequest(request)
		must(err)
	}))
	ask := func(handoff string) {
		request := httptest.NewRequest("GET", "/", nil)
		request.Header.Set("Moor-Session", handoff)
		page.ServeHTTP(httptest.NewRecorder(), request)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	digest := sha256.Sum256([]byte(counted[0]))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	must(err)
	verify := func(string) { ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature) }

	microsOf(warm, ask)
	known := make([]string, count)
	for index := range known {
		known[index] = counted[count-1]
	}
	must(json.NewEncoder(os.Stdout).Encode(map[string]float64{
		"fresh": microsOf(counted, ask), "known": microsOf(known, ask), "signature": microsOf(counted, verify),
	}))
}
