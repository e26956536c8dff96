package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// resultByVariable: a, err := f() → got1, got2 := f(); a, err := got1, got2
func resultByVariable(p *place) {
	given, ok := p.node.(*ast.AssignStmt)
	if !ok || len(given.Rhs) != 1 || given.Tok != token.DEFINE && given.Tok != token.ASSIGN || !p.inList() {
		return
	}
	if _, ok := given.Rhs[0].(*ast.CallExpr); !ok {
		return
	}
	var first, to, from []string
	for at, it := range given.Lhs {
		name, ok := it.(*ast.Ident)
		switch {
		case !ok:
			// Where it goes may be another place by then.
			return
		case name.Name == "_":
			first = append(first, "_")
		default:
			got := fmt.Sprintf("%sx%d", p.fresh("got"), at)
			first, from, to = append(first, got), append(from, got), append(to, name.Name)
		}
	}
	if len(to) > 0 {
		p.replace(given.Pos(), given.Rhs[0].Pos(), strings.Join(first, ", ")+" := ")
		p.after(given.End(), "; "+strings.Join(to, ", ")+" "+given.Tok.String()+" "+strings.Join(from, ", "))
	}
}

// deferInClosure: defer f(a) → defer func() { f(a) }()
func deferInClosure(p *place) {
	if deferred, ok := p.node.(*ast.DeferStmt); ok && isSteadyCall(p, deferred.Call) {
		p.enclose(deferred.Call, "func() { ", " }()")
	}
}

// goInClosure: go f(a) → go func() { f(a) }()
func goInClosure(p *place) {
	if started, ok := p.node.(*ast.GoStmt); ok && isSteadyCall(p, started.Call) {
		p.enclose(started.Call, "func() { ", " }()")
	}
}

// deferByVariable: defer func() {…}() → later := func() {…}; defer later()
func deferByVariable(p *place) {
	deferred, ok := p.node.(*ast.DeferStmt)
	if !ok || !p.inList() {
		return
	}
	if literal, ok := deferred.Call.Fun.(*ast.FuncLit); ok {
		name := p.fresh("later")
		p.replace(deferred.Pos(), literal.Pos(), name+" := ")
		p.after(literal.End(), "; defer "+name)
	}
}

// deferOnce: defer f(a) → var once sync.Once; defer once.Do(func() { f(a) })
func deferOnce(p *place) {
	deferred, ok := p.node.(*ast.DeferStmt)
	if !ok || !p.inList() || p.recovers(deferred) {
		return
	}
	name := p.fresh("once")
	call := deferred.Call
	literal, _ := call.Fun.(*ast.FuncLit)
	switch {
	case literal != nil && len(call.Args) == 0 && literal.Type.Results == nil:
		p.before(literal.Pos(), name+".Do(")
		p.replace(literal.End(), call.End(), ")")
	case isSteadyCall(p, call):
		p.enclose(call, name+".Do(func() { ", " })")
	default:
		return
	}
	p.before(deferred.Pos(), "var "+name+" sync.Once; ")
	p.use("sync")
}

// literalByVariable: run(func() {…}) → work := func() {…}; run(work)
func literalByVariable(p *place) {
	statement, call := calledBy(p.node)
	if call == nil || !p.inList() {
		return
	}
	var literals []*ast.FuncLit
	for _, it := range append([]ast.Expr{call.Fun}, call.Args...) {
		if literal, ok := it.(*ast.FuncLit); ok {
			literals = append(literals, literal)
		}
	}
	if len(literals) != 1 {
		return
	}
	name, literal := p.fresh("work"), literals[0]
	head := p.between(statement.Pos(), literal.Pos())
	p.replace(statement.Pos(), literal.Pos(), name+" := ")
	p.after(literal.End(), "; "+head+name)
}

// workHandedOn: work() → handedOn(work), where work is a parameter
func workHandedOn(p *place) {
	call, ok := p.node.(*ast.CallExpr)
	if !ok || len(call.Args) > 0 {
		return
	}
	work, ok := call.Fun.(*ast.Ident)
	if !ok {
		return
	}
	switch p.parameterType(work.Name) {
	case "func()":
		p.replace(call.Pos(), call.End(), "handedOn("+work.Name+")")
		p.declare("handedOn", "(work func()) { work() }")
	case "func() error":
		p.replace(call.Pos(), call.End(), "handedOnError("+work.Name+")")
		p.declare("handedOnError", "(work func() error) error { return work() }")
	}
}

// parameterType gives the type that is written for a parameter of a function around, or nothing.
func (p *place) parameterType(name string) string {
	for at := len(p.around) - 1; at >= 0; at-- {
		var function *ast.FuncType
		switch it := p.around[at].(type) {
		case *ast.FuncDecl:
			function = it.Type
		case *ast.FuncLit:
			function = it.Type
		default:
			continue
		}
		for _, field := range function.Params.List {
			for _, it := range field.Names {
				if it.Name == name {
					return p.textOf(field.Type)
				}
			}
		}
	}
	return ""
}

// calledBy gives a statement that does one call, and the call.
func calledBy(node ast.Node) (ast.Stmt, *ast.CallExpr) {
	switch node := node.(type) {
	case *ast.ExprStmt:
		call, _ := node.X.(*ast.CallExpr)
		return node, call
	case *ast.GoStmt:
		return node, node.Call
	case *ast.AssignStmt:
		if len(node.Rhs) == 1 {
			call, _ := node.Rhs[0].(*ast.CallExpr)
			return node, call
		}
	case *ast.ReturnStmt:
		if len(node.Results) == 1 {
			call, _ := node.Results[0].(*ast.CallExpr)
			return node, call
		}
	}
	return nil, nil
}

// isSteadyCall says whether a call of something with a name does the same later in the function.
func isSteadyCall(p *place, call *ast.CallExpr) bool {
	for _, it := range append([]ast.Expr{call.Fun}, call.Args...) {
		if !p.steady(it) {
			return false
		}
	}
	return !isNamed(call.Fun, "recover")
}
