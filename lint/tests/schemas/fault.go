package x

import (
	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
)

func links(target ns.NetNS) error {
	return target.Do(func(ns.NetNS) error {
		_, err := netlink.LinkList()
		return err
	})
}

func twice(target ns.NetNS) error {
	return target.Do(func(ns.NetNS) error {
		_, err := netlink.LinkByName("<&\"'>")
		return err
	})
}
