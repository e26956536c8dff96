package told

import (
	"github.com/containernetworking/plugins/pkg/ip"
	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
)

func alone(container ns.NetNS, veth *netlink.Veth) error {
	return container.Do(func(ns.NetNS) error {
	//| 1: the closure runs in another network namespace here
		_, err := netlink.VethPeerIndex(veth)
		//| 2: `netlink.VethPeerIndex` opens a hidden socket here, and has no handle form
		//| help: no handle does the same, and nothing has to change: the call is right as long as it stays on this thread; say so where you allow it: `// netns: allow(global-handle) -- …`
		//| by hand: `netlink.VethPeerIndex`: no handle takes the same arguments
		return err
	})
}

// One that has a form is reason enough for a handle.
func beside(container ns.NetNS, veth *netlink.Veth) error {
	return container.Do(func(ns.NetNS) error {
	//| 1: the closure runs in another network namespace here
		if _, err := netlink.VethPeerIndex(veth); err != nil {
		//| 2: `netlink.VethPeerIndex` opens a hidden socket here, and has no handle form
		//| help: open a handle at the start of the region, send every call through it, close it at the end
		//| by hand: `netlink.VethPeerIndex`: no handle takes the same arguments
			return err
		}
		return netlink.LinkSetUp(veth)
		//| 3: `netlink.LinkSetUp` opens a hidden socket here
	})
}

// What the library may keep a socket for is right for one reason more.
func configured(container ns.NetNS, host ns.NetNS) error {
	return container.Do(func(ns.NetNS) error {
	//| 1: the closure runs in another network namespace here
		_, _, err := ip.SetupVeth("eth0", 1500, "", host)
		//| 2: `ip.SetupVeth` opens a hidden socket here, and has no handle form
		//| help: no handle does the same, and nothing has to change: the call is right as long as nothing calls `ConfigureHandle` and it stays on this locked thread; say so where you allow it: `// netns: allow(global-handle) -- …`
		//| by hand: `ip.SetupVeth`: no handle takes the same arguments
		return err
	})
}

func leads(container ns.NetNS, host ns.NetNS) error {
	return configured(container, host)
}

// The inner region is named for what it does, also where it leads to the namespace in which the outer one is.
func nested(container ns.NetNS) error {
	return container.Do(func(ns.NetNS) error {
	//| 1: the closure runs in another network namespace here
		here, err := ns.GetCurrentNS()
		if err != nil {
			return err
		}
		defer here.Close()
		if _, err := netlink.LinkList(); err != nil {
		//| 2: `netlink.LinkList` opens a hidden socket here
		//| help: open a handle at the start of the region, send every call through it, close it at the end
			return err
		}
		return configured(here, here)
		//| 3: this call reaches `ip.SetupVeth`, which opens a hidden socket and has no handle form
	})
}
