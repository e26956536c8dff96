package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
)

// A source is one parsed file.
type source struct {
	text  string
	files *token.FileSet
	file  *ast.File
}

// A place is a node at which a rewriting is asked; its edits are the answer.
type place struct {
	edits
	*source
	node ast.Node
	// What the node stands in, from the outside.
	around []ast.Node
	// Packages and functions that the new text needs.
	packages []string
	helpers  []helper
}

type helper struct{ name, text string }

func parse(text string) (*source, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", text, parser.SkipObjectResolution)
	return &source{text, files, file}, err
}

// rewritten gives the text after asking at every node, outer ones first, and the number of places that differ.
func (s *source) rewritten(rewrite func(*place)) (string, int) {
	var all edits
	var around []ast.Node
	places := 0
	added := map[string]bool{}
	head, tail := "", ""
	ast.Inspect(s.file, func(node ast.Node) bool {
		if node == nil {
			around = around[:len(around)-1]
			return true
		}
		p := &place{source: s, node: node, around: around}
		rewrite(p)
		around = append(around, node)
		if len(p.edits) == 0 || !all.add(p.edits) {
			return true
		}
		places++
		for _, path := range p.packages {
			if !added[path] && !s.imports(path) {
				head += fmt.Sprintf("; import %q", path)
			}
			added[path] = true
		}
		for _, it := range p.helpers {
			if !added[it.name] {
				tail += "\n" + it.text + "\n"
			}
			added[it.name] = true
		}
		return true
	})
	all.after(s.file.Name.End(), head)
	return all.applied(s.text, s.file.FileStart) + tail, places
}

// imports says whether a package has the name there that ends its path.
func (s *source) imports(path string) bool {
	for _, it := range s.file.Imports {
		if it.Name == nil && strings.Trim(it.Path.Value, `"`) == path {
			return true
		}
	}
	return false
}

func (s *source) textOf(node ast.Node) string {
	return s.between(node.Pos(), node.End())
}

func (s *source) between(start, end token.Pos) string {
	return s.text[start-s.file.FileStart : end-s.file.FileStart]
}

// use imports a package.
func (p *place) use(path string) {
	p.packages = append(p.packages, path)
}

// declare adds a function to the file, in which nothing else has that name.
func (p *place) declare(name, text string) {
	if regexp.MustCompile(`\b` + name + `\b`).MatchString(p.text) {
		panic(name + " is something else already")
	}
	p.helpers = append(p.helpers, helper{name, "func " + name + text})
}

// enclose puts texts around what the node is now.
func (p *place) enclose(node ast.Node, before, after string) {
	p.before(node.Pos(), before)
	p.after(node.End(), after)
}

// fresh gives a name that nothing else has.
func (p *place) fresh(name string) string {
	return fmt.Sprintf("%s%d", name, p.files.Position(p.node.Pos()).Line)
}

// inList says whether the node is a statement beside others, so that there can be one more in front of it.
func (p *place) inList() bool {
	switch parent := p.around[len(p.around)-1].(type) {
	case *ast.BlockStmt:
		return true
	case *ast.CaseClause:
		return parent.Pos() < p.node.Pos()
	case *ast.CommClause:
		return parent.Comm != p.node
	}
	return false
}

// outermost gives the declared function around, or nil.
func (p *place) outermost() *ast.FuncDecl {
	for _, it := range p.around {
		if function, ok := it.(*ast.FuncDecl); ok {
			return function
		}
	}
	return nil
}

// statements gives those that follow each other in the node.
func statements(node ast.Node) []ast.Stmt {
	switch node := node.(type) {
	case *ast.BlockStmt:
		return node.List
	case *ast.CaseClause:
		return node.Body
	case *ast.CommClause:
		return node.Body
	}
	return nil
}

// has says whether something below the node is so; what is in other functions does not count.
func has(node ast.Node, is func(ast.Node) bool) bool {
	found := false
	ast.Inspect(node, func(it ast.Node) bool {
		if _, other := it.(*ast.FuncLit); other || found || it == nil {
			return false
		}
		found = is(it)
		return true
	})
	return found
}

// recovers says whether there may be a recover, which works in a deferred function alone.
func (s *source) recovers(node ast.Node) bool {
	return strings.Contains(s.textOf(node), "recover()")
}

// steady says whether an expression is worth the same later in the function.
func (p *place) steady(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return p.keepsValue(e.Name)
	case *ast.SelectorExpr:
		x, ok := e.X.(*ast.Ident)
		// A method, or something of a package.
		return ok && p.keepsValue(x.Name)
	}
	return false
}

// keepsValue says whether the function around gives a name no second value, or none if it is not the function's own.
func (p *place) keepsValue(name string) bool {
	function := p.outermost()
	if function == nil {
		return false
	}
	declared, given := 0, 0
	is := func(e ast.Expr) int {
		if it, ok := e.(*ast.Ident); ok && it.Name == name {
			return 1
		}
		return 0
	}
	ast.Inspect(function, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.AssignStmt:
			for _, it := range node.Lhs {
				if node.Tok == token.DEFINE {
					declared += is(it)
				} else {
					given += is(it)
				}
			}
		case *ast.ValueSpec:
			for _, it := range node.Names {
				declared += is(it)
			}
		case *ast.RangeStmt:
			declared += is(node.Key) + is(node.Value)
		case *ast.IncDecStmt:
			given += is(node.X)
		case *ast.UnaryExpr:
			if node.Op == token.AND {
				given += is(node.X)
			}
		case *ast.FuncType:
			given += results(node, name)
		}
		return true
	})
	return declared <= 1 && given == 0
}

// results counts the results of that name: what returns gives them a value.
func results(function *ast.FuncType, name string) int {
	count := 0
	if function.Results != nil {
		for _, field := range function.Results.List {
			for _, it := range field.Names {
				if it.Name == name {
					count++
				}
			}
		}
	}
	return count
}

// isShared says whether a closure in the function around may use the name, or a result has it.
func (p *place) isShared(name string) bool {
	shared := false
	ast.Inspect(p.outermost(), func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.FuncType:
			shared = shared || results(node, name) > 0
		case *ast.FuncLit:
			ast.Inspect(node.Body, func(node ast.Node) bool {
				it, ok := node.(*ast.Ident)
				shared = shared || ok && it.Name == name
				return true
			})
		}
		return true
	})
	return shared
}
