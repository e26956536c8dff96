// The shape that the project began with: a helper that enters, package functions inside, and elsewhere in the program
// somebody who configures the package's handle, which is open from then on.
package main

import (
	"fmt"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

func init() {
	if err := netlink.ConfigureHandle(netlink.HandleOptions{RetryInterrupted: true}); err != nil {
		panic(err)
	}
}

// netnsEnter runs work in the network namespace of that path.
func netnsEnter(path string, work func() error) error {
	target, err := netns.GetFromPath(path)
	if err != nil {
		return err
	}
	defer target.Close()
	runtime.LockOSThread()
	origin, err := netns.Get()
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer origin.Close()
	if err := netns.Set(target); err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer func() {
		if netns.Set(origin) == nil {
			runtime.UnlockOSThread()
		}
	}()
	return work()
}

func show(path string) error {
	return netnsEnter(path, func() error {
		links, err := netlink.LinkList()
		if err != nil {
			return fmt.Errorf("list links: %w", err)
		}
		for _, link := range links {
			found, err := netlink.LinkByName(link.Attrs().Name)
			if err != nil {
				return fmt.Errorf("ask for %s: %w", link.Attrs().Name, err)
			}
			fmt.Println(found.Attrs().Name)
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
	if err := show(os.Args[1]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
