package main

import (
	"cmp"
	"go/token"
	"slices"
	"strings"
)

// edits are changes of one text, none of which touches a part that another replaces. What they do not name stays as it is:
// lines and comments, too.
type edits []change

type change struct {
	start, end token.Pos
	text       string
	// Whether it belongs to what ends there.
	closes bool
}

// before puts a text in front of what begins there, and inside of what was put there before.
func (e *edits) before(at token.Pos, text string) {
	*e = append(*e, change{at, at, text, false})
}

// after puts a text behind what ends there, and inside of what was put there before.
func (e *edits) after(at token.Pos, text string) {
	*e = append(*e, change{at, at, text, true})
}

func (e *edits) replace(start, end token.Pos, text string) {
	*e = append(*e, change{start, end, text, false})
}

// add takes the changes of one more place: all of them, or none if one touches what is replaced.
func (e *edits) add(place edits) bool {
	for _, new := range place {
		for _, old := range *e {
			if old.touches(new) || new.touches(old) {
				return false
			}
		}
	}
	*e = append(*e, place...)
	return true
}

func (c change) touches(other change) bool {
	return c.start < other.end && other.start < c.end
}

// applied gives the text after all changes; its first byte is at that position.
func (e edits) applied(text string, base token.Pos) string {
	made := func(at int) int {
		if e[at].closes {
			return -at - 1
		}
		return at
	}
	order := make([]int, len(e))
	for at := range order {
		order[at] = at
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(e[a].start, e[b].start), cmp.Compare(e[a].end, e[b].end), cmp.Compare(made(a), made(b)))
	})
	var applied strings.Builder
	read := base
	for _, at := range order {
		applied.WriteString(text[read-base : e[at].start-base])
		applied.WriteString(e[at].text)
		read = e[at].end
	}
	applied.WriteString(text[read-base:])
	return applied.String()
}
