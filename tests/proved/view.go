// A file under /proc/self shows the main thread's namespace.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/containernetworking/plugins/pkg/ns"
)

// The main thread is the main function's, so that the region runs on another one.
func init() { runtime.LockOSThread() }

func show(path string) error {
	return ns.WithNetNSPath(path, func(ns.NetNS) error {
		devices, err := os.ReadFile("/proc/self/net/dev")
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(devices), "\n") {
			if name, _, found := strings.Cut(line, ":"); found {
				fmt.Println(strings.TrimSpace(name))
			}
		}
		return nil
	})
}

func main() {
	if err := show(os.Args[1]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("waiting")
	os.Stdin.Read(make([]byte, 1))
}
