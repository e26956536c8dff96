package main

import (
	"go/ast"
	"go/token"
	"strings"
)

// bodyTraced: func f() {…} → func f() { traced("f"); … }
func bodyTraced(p *place) {
	if function, ok := p.node.(*ast.FuncDecl); ok && function.Body != nil {
		p.after(function.Body.Lbrace+1, ` traced("`+function.Name.Name+`"); `)
		p.declare("traced", "(step string) { println(step) }")
	}
}

// bodyInClosure: func f() error {…} → func f() error { return func() error {…}() }
func bodyInClosure(p *place) {
	function, ok := p.node.(*ast.FuncDecl)
	if !ok || function.Body == nil || len(function.Body.List) == 0 || p.recovers(function.Body) {
		return
	}
	head := " func() {"
	if function.Type.Results != nil {
		head = " return func() " + p.textOf(function.Type.Results) + " {"
	}
	p.after(function.Body.Lbrace+1, head)
	p.before(function.Body.Rbrace, "}() ")
}

// bodyInHelper: func f(a A) error {…} → func f(a A) error { return f_inner(a) }; func f_inner(a A) error {…}
func bodyInHelper(p *place) {
	function, ok := p.node.(*ast.FuncDecl)
	if !ok || function.Body == nil || function.Name.Name == "init" || function.Type.TypeParams != nil || p.recovers(function.Body) {
		return
	}
	names, ok := parameters(function.Type)
	if !ok {
		return
	}
	inner := function.Name.Name + "_inner"
	call, head := inner, "func "+inner
	if function.Recv != nil {
		if len(function.Recv.List[0].Names) == 0 {
			return
		}
		call = function.Recv.List[0].Names[0].Name + "." + inner
		head = "func " + p.textOf(function.Recv) + " " + inner
	}
	if function.Type.Results != nil {
		call = "return " + call
	}
	head += p.between(function.Type.Params.Pos(), function.Type.End())
	p.before(function.Body.Pos(), "{ "+call+"("+strings.Join(names, ", ")+") }; "+head+" ")
}

// parameters gives what hands them on, or false if one has no name.
func parameters(function *ast.FuncType) (names []string, ok bool) {
	for _, field := range function.Params.List {
		dots := ""
		if _, variadic := field.Type.(*ast.Ellipsis); variadic {
			dots = "..."
		}
		for _, name := range field.Names {
			if name.Name == "_" {
				return nil, false
			}
			names = append(names, name.Name+dots)
		}
		if len(field.Names) == 0 {
			return nil, false
		}
	}
	return names, true
}

// loopInClosure: for … {…} → for … { func() {…}() }
func loopInClosure(p *place) {
	var body *ast.BlockStmt
	switch loop := p.node.(type) {
	case *ast.ForStmt:
		body = loop.Body
	case *ast.RangeStmt:
		body = loop.Body
	default:
		return
	}
	if len(body.List) > 0 && !has(body, leavesOrDefers) {
		p.after(body.Lbrace+1, " func() {")
		p.before(body.Rbrace, "}() ")
	}
}

// ifLeftElse: if c { return }; … → if c { return } else { … }
func ifLeftElse(p *place) {
	list := statements(p.node)
	for at, statement := range list {
		branch, ok := statement.(*ast.IfStmt)
		if !ok || branch.Else != nil || at+1 == len(list) || !leaves(branch.Body) {
			continue
		}
		// What it declares would be another one for the rest.
		if init, ok := branch.Init.(*ast.AssignStmt); ok && init.Tok == token.DEFINE {
			continue
		}
		rest := list[at+1:]
		if has(&ast.BlockStmt{List: rest}, isLabel) || hidesShared(p, rest) {
			continue
		}
		p.after(branch.End(), " else {")
		p.after(rest[len(rest)-1].End(), " }")
	}
}

// lockInHelper: runtime.LockOSThread(); defer runtime.UnlockOSThread() → defer pinnedThread()()
func lockInHelper(p *place) {
	list := statements(p.node)
	for at := range list {
		if at == 0 {
			continue
		}
		lock, ok := list[at-1].(*ast.ExprStmt)
		if !ok || p.textOf(lock) != "runtime.LockOSThread()" || p.textOf(list[at]) != "defer runtime.UnlockOSThread()" {
			continue
		}
		p.replace(lock.Pos(), lock.End(), "defer pinnedThread()()")
		p.replace(list[at].Pos(), list[at].End(), "")
		p.declare("pinnedThread", "() func() { runtime.LockOSThread(); return runtime.UnlockOSThread }")
	}
}

// hidesShared says whether in a block of their own the statements would not give a value to a variable that others use,
// but to a new one.
func hidesShared(p *place, list []ast.Stmt) bool {
	for _, it := range list {
		if given, ok := it.(*ast.AssignStmt); ok && given.Tok == token.DEFINE && len(given.Lhs) > 1 {
			for _, name := range given.Lhs {
				if p.isShared(name.(*ast.Ident).Name) {
					return true
				}
			}
		}
	}
	return false
}

func leaves(body *ast.BlockStmt) bool {
	if len(body.List) == 0 {
		return false
	}
	switch last := body.List[len(body.List)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		return last.Tok == token.CONTINUE || last.Tok == token.BREAK
	}
	return false
}

// leavesOrDefers says whether it would mean something else in a function of its own.
func leavesOrDefers(node ast.Node) bool {
	switch node.(type) {
	case *ast.ReturnStmt, *ast.BranchStmt, *ast.DeferStmt, *ast.LabeledStmt:
		return true
	}
	return false
}

// breaksOut says whether it would mean something else in a switch.
func breaksOut(node ast.Node) bool {
	branch, ok := node.(*ast.BranchStmt)
	return ok && (branch.Tok == token.BREAK || branch.Tok == token.FALLTHROUGH)
}

// isLabel says whether it would mean something else, or nothing, in a block.
func isLabel(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.LabeledStmt:
		return true
	case *ast.BranchStmt:
		return node.Tok == token.GOTO || node.Tok == token.FALLTHROUGH
	}
	return false
}
