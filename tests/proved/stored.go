// A handle that is kept in a package variable is bound where it was opened, whatever the thread does later.
package main

import (
	"fmt"
	"os"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
)

var shared *netlink.Handle

func open() (err error) {
	shared, err = netlink.NewHandle()
	return err
}

func show(path string) error {
	return ns.WithNetNSPath(path, func(ns.NetNS) error {
		links, err := shared.LinkList()
		if err != nil {
			return err
		}
		for _, link := range links {
			fmt.Println(link.Attrs().Name)
		}
		wait()
		return nil
	})
}

// wait lets others look at the process until they close its standard input.
func wait() {
	fmt.Println("waiting")
	os.Stdin.Read(make([]byte, 1))
}

func main() {
	if err := open(); err != nil {
		panic(err)
	}
	if err := show(os.Args[1]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
