package main

import (
	"go/ast"
	"go/token"
)

// errorByPredicate: if err != nil {…} → if isFault(err) {…}
func errorByPredicate(p *place) {
	if asked := askedError(p.node); asked != nil {
		p.replace(asked.Cond.Pos(), asked.Cond.End(), "isFault(err)")
		p.declare("isFault", "(err error) bool { return err != nil }")
	}
}

// errorByClosure: if err != nil {…} → isFault := func() bool { return err != nil }; if isFault() {…}
func errorByClosure(p *place) {
	if asked := askedAlone(p); asked != nil {
		name := p.fresh("isFault")
		p.before(asked.Pos(), name+" := func() bool { return err != nil }; ")
		p.replace(asked.Cond.Pos(), asked.Cond.End(), name+"()")
	}
}

// errorByVariable: if err != nil {…} → isFault := err != nil; if isFault {…}
func errorByVariable(p *place) {
	if asked := askedAlone(p); asked != nil {
		name := p.fresh("isFault")
		p.before(asked.Pos(), name+" := err != nil; ")
		p.replace(asked.Cond.Pos(), asked.Cond.End(), name)
	}
}

// errorBySwitch: if err != nil {…} → switch err { case nil: default: … }
func errorBySwitch(p *place) {
	asked := askedError(p.node)
	if asked == nil || asked.Else != nil || has(asked.Body, breaksOut) {
		return
	}
	p.replace(asked.Pos(), asked.Pos()+token.Pos(len("if")), "switch")
	p.replace(asked.Cond.Pos(), asked.Cond.End(), "err")
	p.after(asked.Body.Lbrace+1, " case nil: default:")
}

// errorInBlock: if err := f(); err != nil {…} → { err := f(); if err != nil {…} }
func errorInBlock(p *place) {
	if asked := askedError(p.node); asked != nil && asked.Init != nil && p.inList() {
		p.replace(asked.Pos(), asked.Init.Pos(), "{ ")
		p.replace(asked.Init.End(), asked.Cond.Pos(), "; if ")
		p.after(asked.End(), " }")
	}
}

// errorWrapped: if err := f(); err != nil {…} → if err := asStep(f()); err != nil {…}
func errorWrapped(p *place) {
	asked := askedError(p.node)
	if asked == nil {
		return
	}
	if given, ok := asked.Init.(*ast.AssignStmt); ok && len(given.Lhs) == 1 {
		p.enclose(given.Rhs[0], "asStep(", ")")
	} else if asked.Init == nil && p.inList() {
		p.before(asked.Pos(), "err = asStep(err); ")
	} else {
		return
	}
	p.use("fmt")
	p.declare("asStep", `(err error) error { if err == nil { return nil }; return fmt.Errorf("step: %w", err) }`)
}

// errorNoted: a, err := f() → a, err := noted(f())
func errorNoted(p *place) {
	given, ok := p.node.(*ast.AssignStmt)
	if !ok || len(given.Rhs) != 1 || len(given.Lhs) > 2 || !isNamed(given.Lhs[len(given.Lhs)-1], "err") {
		return
	}
	if _, ok := given.Rhs[0].(*ast.CallExpr); !ok {
		return
	}
	if len(given.Lhs) == 1 {
		p.enclose(given.Rhs[0], "notedAlone(", ")")
		p.declare("notedAlone", "(err error) error { if err != nil { println(err.Error()) }; return err }")
	} else {
		p.enclose(given.Rhs[0], "noted(", ")")
		p.declare("noted", "[T any](it T, err error) (T, error) { if err != nil { println(err.Error()) }; return it, err }")
	}
}

// errorEndsInClosure: if err != nil { panic(err) } → func() { if err != nil { panic(err) } }()
func errorEndsInClosure(p *place) {
	asked := askedAlone(p)
	if asked != nil && asked.Else == nil && !has(asked.Body, leavesOrDefers) {
		p.enclose(asked, "func() { ", " }()")
	}
}

// askedError gives what begins with `if err != nil` or `if …; err != nil`, or nil.
func askedError(node ast.Node) *ast.IfStmt {
	asked, ok := node.(*ast.IfStmt)
	if !ok {
		return nil
	}
	condition, ok := asked.Cond.(*ast.BinaryExpr)
	if !ok || condition.Op != token.NEQ || !isNamed(condition.X, "err") || !isNamed(condition.Y, "nil") {
		return nil
	}
	return asked
}

// askedAlone gives `if err != nil` where there can be a statement in front of it, or nil.
func askedAlone(p *place) *ast.IfStmt {
	if asked := askedError(p.node); asked != nil && asked.Init == nil && p.inList() {
		return asked
	}
	return nil
}

func isNamed(e ast.Expr, name string) bool {
	it, ok := e.(*ast.Ident)
	return ok && it.Name == name
}
