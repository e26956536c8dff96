// A goroutine that is not locked to its thread moves whatever else the scheduler runs there.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"

	"github.com/vishvananda/netns"
)

func inside(path string, work func()) error {
	origin, err := netns.Get()
	if err != nil {
		return err
	}
	defer origin.Close()
	target, err := netns.GetFromPath(path)
	if err != nil {
		return err
	}
	defer target.Close()
	if err := netns.Set(target); err != nil {
		return err
	}
	defer netns.Set(origin)
	work()
	return nil
}

// devices is what a goroutine sees that never asked to be moved.
func devices() string {
	seen := ""
	interfaces, err := net.Interfaces()
	for _, it := range interfaces {
		seen += it.Name + "\n"
	}
	if err != nil {
		return err.Error()
	}
	return seen
}

// wait lets others look at the process until they close its standard input.
func wait() {
	fmt.Println("waiting")
	os.Stdin.Read(make([]byte, 1))
}

func main() {
	// Who waits hands the thread on, if it may.
	runtime.GOMAXPROCS(1)
	home, seen := devices(), ""
	ask, answers := make(chan bool), make(chan string)
	go func() {
		for range ask {
			answers <- devices()
		}
	}()
	work := func() {
		ask <- true
		seen = <-answers
	}
	// Once is enough to be wrong; to be right takes all of them.
	for range 1000 {
		if err := inside(os.Args[1], work); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if seen != home {
			break
		}
	}
	fmt.Print(seen)
	wait()
}
