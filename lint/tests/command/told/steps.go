package told

import (
	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/containernetworking/plugins/pkg/testutils"
	"github.com/vishvananda/netlink"
)

// What stands in a literal that is called or handed on in the region's text is the region's text.
func literals(container ns.NetNS, run func(func())) error {
	return container.Do(func(ns.NetNS) error {
	//| 1: the closure runs in another network namespace here
		link, err := netlink.LinkByName("lo")
		//| 2: `netlink.LinkByName` opens a hidden socket here
		//| help: open a handle at the start of the region, send every call through it, close it at the end
		if err != nil {
			return err
		}
		defer func() {
			_ = netlink.LinkSetDown(link)
			//| 3: `netlink.LinkSetDown` opens a hidden socket here
		}()
		down := func() error {
			return netlink.LinkSetUp(link)
		}
		return down()
		//| 4: this call reaches `netlink.LinkSetUp`, which opens a hidden socket
	})
}

// From the outside in.
func calls(container ns.NetNS) error {
	return container.Do(func(ns.NetNS) error {
	//| 1: the closure runs in another network namespace here
		return add()
		//| 2: this call reaches `netlink.LinkByName`, which opens a hidden socket
		//| help: open a handle at the start of the region, send every call through it, close it at the end
	})
}

func command(container ns.NetNS) error {
	return container.Do(func(ns.NetNS) error {
	//| 1: the closure runs in another network namespace here
		_, _, err := testutils.CmdAdd("", "", "", nil, func() error {
			return add()
			//| 2: this call reaches `netlink.LinkByName`, which opens a hidden socket
			//| help: open a handle at the start of the region, send every call through it, close it at the end
		})
		return err
	})
}

func add() error {
	return up("lo")
	//| 3: through this call
	//| 3: through this call
}

func up(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}
