package told

import "github.com/vishvananda/netns"

type config struct{ at netns.NsHandle }

// A field keeps it on one way out.
func move(into *config, path string, back bool) error {
	var at netns.NsHandle
	var err error
	if at, err = netns.GetFromPath(path); err != nil {
	//| help: close it on every way out, or keep it where somebody does
	//| by hand: some ways out hand it on or close it: close it on the others
		return err
	}
	if back {
		return nil
		//| 1: and leaves here, with it still open
	}
	into.at = at
	return nil
}
