//! The representation as text, for tests of the front ends and for `-vv`.

use std::fmt::{self, Display, Formatter};

use super::{Action, Call, Callee, End, Function, Operand, Place, Storage, Target, Test};

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, self.path)?;
        let names = |places: &[Place]| places.iter().map(|it| self.label(*it)).collect::<Vec<_>>().join(", ");
        write!(f, "({})", names(&self.params))?;
        if !self.results.is_empty() {
            write!(f, " -> ({})", names(&self.results))?;
        }
        writeln!(f)?;
        for (index, block) in self.blocks.iter().enumerate() {
            if block.steps.is_empty() && matches!(block.end, End::Stop) && index > 0 {
                continue;
            }
            writeln!(f, "b{index}:")?;
            for step in &block.steps {
                writeln!(f, "  {}", self.action(&step.action))?;
            }
            match &block.end {
                End::Goto(to) => writeln!(f, "  goto b{}", to.0)?,
                End::Branch { test, yes, no } => writeln!(f, "  if {} b{} else b{}", self.test(test), yes.0, no.0)?,
                End::Choice(ways) => {
                    writeln!(f, "  any {}", ways.iter().map(|it| format!("b{}", it.0)).collect::<Vec<_>>().join(" "))?;
                }
                End::Leave(exit, _) => writeln!(f, "  leave {exit:?}")?,
                End::Stop => writeln!(f, "  stop")?,
            }
        }
        Ok(())
    }
}

impl Function {
    fn label(&self, place: Place) -> String {
        let variable = self.variable(place);
        let name = if variable.name.is_empty() { format!("t{}", place.0) } else { variable.name.clone() };
        match &variable.storage {
            Storage::Local => name,
            Storage::Captured(_) => format!("^{name}"),
            Storage::Global(path) => format!("@{path}"),
        }
    }

    fn action(&self, action: &Action) -> String {
        match action {
            Action::Assign { to, value } => format!("{} = {}", self.target(to), self.operand(value)),
            Action::Call(call) => self.call(call),
            Action::Defer(call) => format!("defer {}", self.call(call)),
            Action::Spawn(call) => format!("spawn {}", self.call(call)),
            Action::Await { future, result, .. } => match result {
                Some(result) => format!("{} = await {}", self.label(*result), self.operand(future)),
                None => format!("await {}", self.operand(future)),
            },
            Action::Drop(place) => format!("drop {}", self.label(*place)),
        }
    }

    fn call(&self, call: &Call) -> String {
        let mut args: Vec<_> = call.args.iter().map(|it| self.operand(it)).collect();
        if let Some(receiver) = &call.receiver {
            args.insert(0, format!("self: {}", self.operand(receiver)));
        }
        let text = format!("{}({})", self.callee(&call.callee), args.join(", "));
        let unwind = call.unwind.map_or(String::new(), |it| format!(" ! b{}", it.0));
        if call.results.iter().all(Option::is_none) {
            return format!("{text}{unwind}");
        }
        let results = call.results.iter().map(|it| it.map_or("_".into(), |it| self.label(it)));
        format!("{} = {text}{unwind}", results.collect::<Vec<_>>().join(", "))
    }

    fn callee(&self, callee: &Callee) -> String {
        match callee {
            Callee::Path(path) => path.clone(),
            Callee::Method(name) => format!("?.{name}"),
            Callee::Value(value) => format!("*{}", self.operand(value)),
        }
    }

    fn target(&self, target: &Target) -> String {
        match target {
            Target::Place(place) => self.label(*place),
            Target::Field(base, name) => format!("{}.{name}", self.operand(base)),
        }
    }

    fn test(&self, test: &Test) -> String {
        match test {
            Test::Nil(it) => format!("nil {}", self.operand(it)),
            Test::Good(it) => format!("good {}", self.operand(it)),
            Test::Zero(it) => format!("zero {}", self.operand(it)),
            Test::Valid(it) => format!("valid {}", self.operand(it)),
            Test::True(it) => format!("true {}", self.operand(it)),
            Test::Equal(a, b) => format!("{} == {}", self.operand(a), self.operand(b)),
            Test::Opaque { key, .. } => format!("`{key}`"),
        }
    }

    fn operand(&self, operand: &Operand) -> String {
        let list = |items: &[Operand], by: &str| items.iter().map(|it| self.operand(it)).collect::<Vec<_>>().join(by);
        match operand {
            Operand::Unknown => "?".into(),
            Operand::Place(place) => self.label(*place),
            Operand::Move(place) => format!("move {}", self.label(*place)),
            Operand::Field(base, name) => format!("{}.{name}", self.operand(base)),
            Operand::Closure(_) => "{closure}".into(),
            Operand::Async(_) => "{async}".into(),
            Operand::Path(path) => path.clone(),
            Operand::Method { receiver, callee } => format!("{}::{}", self.operand(receiver), self.callee(callee)),
            Operand::Text(text) => format!("{text:?}"),
            Operand::Int(value) => value.to_string(),
            Operand::Bool(value) => value.to_string(),
            Operand::Nil => "nil".into(),
            Operand::Concat(items) => list(items, " + "),
            Operand::Flags(items) => list(items, " | "),
            Operand::Struct(literal) => {
                let fields = literal.fields.iter().map(|(name, it)| format!("{name}: {}", self.operand(it)));
                format!("{}{{{}}}", literal.ty.as_deref().unwrap_or(""), fields.collect::<Vec<_>>().join(", "))
            }
            Operand::List(items) => format!("[{}]", list(items, ", ")),
            Operand::Good(inner) => format!("good({})", self.operand(inner)),
            Operand::Bad => "bad".into(),
        }
    }
}
