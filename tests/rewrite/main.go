// Rewrite writes Go programs otherwise, so that they mean the same: rewrite FROM INTO takes every file below FROM and
// writes INTO/REWRITING/FILE for each that a rewriting touches. It says which: the name of a rewriting alone on a line,
// then a file and its number of places on each.
package main

import (
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
)

type rewriting struct {
	name string
	// What it does at one place: nothing, if it cannot be done there.
	rewrite func(*place)
}

var rewritings = []rewriting{
	{"error-by-predicate", errorByPredicate},
	{"error-by-closure", errorByClosure},
	{"error-by-variable", errorByVariable},
	{"error-by-switch", errorBySwitch},
	{"error-in-block", errorInBlock},
	{"error-wrapped", errorWrapped},
	{"error-noted", errorNoted},
	{"error-ends-in-closure", errorEndsInClosure},
	{"if-left-else", ifLeftElse},
	{"result-by-variable", resultByVariable},
	{"defer-in-closure", deferInClosure},
	{"defer-by-variable", deferByVariable},
	{"defer-once", deferOnce},
	{"go-in-closure", goInClosure},
	{"lock-in-helper", lockInHelper},
	{"body-traced", bodyTraced},
	{"body-in-closure", bodyInClosure},
	{"body-in-helper", bodyInHelper},
	{"loop-in-closure", loopInClosure},
	{"literal-by-variable", literalByVariable},
	{"work-handed-on", workHandedOn},
}

func main() {
	log.SetFlags(0)
	from, into := os.Args[1], os.Args[2]
	sources, names := read(from)
	for _, it := range rewritings {
		fmt.Println(it.name)
		for at, source := range sources {
			text, places := source.rewritten(it.rewrite)
			if places == 0 {
				continue
			}
			if _, err := parse(text); err != nil {
				log.Fatalf("%s makes no Go of %s: %v\n%s", it.name, names[at], err, text)
			}
			write(filepath.Join(into, it.name, names[at]), text)
			fmt.Printf("%s\t%d\n", names[at], places)
		}
	}
}

// read gives the files below a folder, and their names from there.
func read(folder string) (sources []*source, names []string) {
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.Contains(entry.Name(), ".fixed.") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		source, err := parse(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		name, err := filepath.Rel(folder, path)
		sources, names = append(sources, source), append(names, name)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	return sources, names
}

func write(path, text string) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		log.Fatal(err)
	}
}
