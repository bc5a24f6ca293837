//! Reads Rhai's syntax tree: the only file that names its internals, which change between minor versions. It evaluates nothing.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use rhai::{
    AST, ASTFlags, ASTNode, BinaryExpr, Dynamic, Expr, FlowControl, FnCallExpr, FnPtr, ImmutableString, OpAssignment,
    Position, RangeCase, ScriptFuncDef, Stmt, StmtBlock, SwitchCasesCollection,
};

use super::Functions;
use super::code::{
    Action, Between, Call, Choice, Expression, Function, Link, Loop, Rounds, Statement, Step, Switch, Term,
};
use crate::ir::Place;

impl Functions {
    /// The functions of a file, closures among them, and the modules that it imports.
    pub fn of(ast: &AST) -> Functions {
        let all = ast.shared_lib().iter_script_fn_info();
        let definitions = all.map(|(_, _, name, count, definition)| ((name.into(), count), definition.clone()));
        let mut functions = Functions { definitions: definitions.collect(), ..Functions::default() };
        ast.walk(&mut |path| {
            match path {
                [ASTNode::Stmt(Stmt::Import(import, _))] => {
                    if let Expr::StringConstant(file, _) = &import.0 {
                        functions.modules.insert(import.1.name.clone(), file.clone());
                    }
                }
                [ASTNode::Stmt(Stmt::Var(named, flags, _))] if flags.intersects(ASTFlags::CONSTANT) => {
                    if let Some(value) = named.1.get_literal_value(None) {
                        functions.constants.insert(named.0.name.clone(), value);
                    }
                }
                _ => {}
            }
            true
        });
        functions
    }
}

/// The hash by which Rhai finds the case of a `switch`.
pub(super) fn case_hash(value: &Dynamic) -> u64 {
    let mut hasher = ahash::AHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Where the body of a definition starts.
pub(super) fn place(definition: &ScriptFuncDef, file: u16) -> Place {
    Reader { file }.place(definition.body.position())
}

/// Reads one definition of a file.
pub(super) fn function(definition: &ScriptFuncDef, file: u16) -> Function {
    let reader = Reader { file };
    Function {
        parameters: definition.params.iter().cloned().collect(),
        body: reader.block(&definition.body),
        place: reader.place(definition.body.position()),
    }
}

struct Reader {
    file: u16,
}

impl Reader {
    fn place(&self, position: Position) -> Place {
        let (line, column) = (position.line().unwrap_or(0) as u32, position.position().unwrap_or(0) as u32);
        Place { file: self.file, line, column }
    }

    fn block(&self, block: &StmtBlock) -> Vec<Statement> {
        block.iter().map(|statement| self.statement(statement)).collect()
    }

    fn statement(&self, statement: &Stmt) -> Statement {
        Statement { action: self.action(statement), place: self.place(statement.position()) }
    }

    fn action(&self, statement: &Stmt) -> Action {
        match statement {
            Stmt::Noop(_) | Stmt::Share(_) => Action::Nothing,
            Stmt::Expr(expression) => Action::Value(self.expression(expression)),
            Stmt::FnCall(call, position) => Action::Value(self.called(call, *position)),
            Stmt::Var(named, flags, _) => Action::Let {
                name: named.0.name.clone(),
                value: self.expression(&named.1),
                constant: flags.intersects(ASTFlags::CONSTANT),
            },
            Stmt::Assignment(assignment) => self.assignment(assignment),
            Stmt::If(flow, _) => Action::If(Box::new(Choice {
                condition: self.expression(&flow.expr),
                yes: self.block(&flow.body),
                no: self.block(&flow.branch),
            })),
            Stmt::Switch(switch, _) => Action::Switch(Box::new(self.switch(&switch.0, &switch.1))),
            Stmt::While(flow, _) => {
                let endless = matches!(flow.expr, Expr::Unit(_));
                let condition = (!endless).then(|| self.expression(&flow.expr));
                self.rounds(Rounds::While(condition), flow)
            }
            Stmt::Do(flow, flags, _) => {
                let holds = !flags.intersects(ASTFlags::NEGATED);
                self.rounds(Rounds::Do(self.expression(&flow.expr), holds), flow)
            }
            Stmt::For(parts, _) => {
                let counter = parts.1.as_ref().map(|counter| counter.name.clone());
                self.rounds(Rounds::For(parts.0.name.clone(), counter, self.expression(&parts.2.expr)), &parts.2)
            }
            Stmt::BreakLoop(value, flags, _) if flags.intersects(ASTFlags::BREAK) => {
                Action::Break(value.as_ref().map(|value| self.expression(value)))
            }
            Stmt::BreakLoop(..) => Action::Continue,
            Stmt::Return(_, flags, _) if flags.intersects(ASTFlags::BREAK) => Action::Refused("`throw`"),
            Stmt::Return(value, ..) => Action::Return(value.as_ref().map(|value| self.expression(value))),
            Stmt::Block(block) => Action::Block(self.block(block)),
            Stmt::TryCatch(..) => Action::Refused("`try`"),
            Stmt::Import(..) => Action::Refused("`import`"),
            Stmt::Export(..) => Action::Refused("`export`"),
            _ => Action::Refused("this statement"),
        }
    }

    fn assignment(&self, assignment: &(OpAssignment, BinaryExpr)) -> Action {
        let (operator, sides) = assignment;
        Action::Assign {
            operator: operator.get_op_assignment_info().map(|info| info.5),
            target: self.expression(&sides.lhs),
            value: self.expression(&sides.rhs),
        }
    }

    fn rounds(&self, rounds: Rounds, flow: &FlowControl) -> Action {
        Action::Loop(Box::new(Loop { rounds, body: self.block(&flow.body), leaves: leaves(&flow.body) }))
    }

    fn switch(&self, value: &Expr, cases: &SwitchCasesCollection) -> Switch {
        let read = |case: &BinaryExpr| {
            let always = matches!(case.lhs, Expr::BoolConstant(true, _));
            ((!always).then(|| self.expression(&case.lhs)), self.expression(&case.rhs))
        };
        let range = |range: &RangeCase| match range {
            RangeCase::ExclusiveInt(range, case) => {
                Between { first: range.start, last: range.end, inclusive: false, case: *case }
            }
            RangeCase::InclusiveInt(range, case) => {
                Between { first: *range.start(), last: *range.end(), inclusive: true, case: *case }
            }
        };
        let hash = |range: &RangeCase| match range {
            RangeCase::ExclusiveInt(range, _) => case_hash(&Dynamic::from(range.clone())),
            RangeCase::InclusiveInt(range, _) => case_hash(&Dynamic::from(range.clone())),
        };
        Switch {
            value: self.expression(value),
            cases: cases.expressions.iter().map(read).collect(),
            hashes: cases.cases.iter().map(|(&hash, list)| (hash, list.to_vec())).collect::<HashMap<_, _>>(),
            ranges: cases.ranges.iter().map(range).collect(),
            default: cases.def_case,
            of_ranges: cases.ranges.iter().map(hash).collect(),
        }
    }

    fn expressions(&self, list: &[Expr]) -> Vec<Expression> {
        list.iter().map(|expression| self.expression(expression)).collect()
    }

    fn expression(&self, expression: &Expr) -> Expression {
        Expression { term: self.term(expression), place: self.place(expression.start_position()) }
    }

    fn term(&self, expression: &Expr) -> Term {
        match expression {
            Expr::DynamicConstant(value, _) => match value.read_lock::<FnPtr>() {
                Some(pointer) => Term::Closure(pointer.fn_name().into(), Vec::new()),
                None => Term::Value((**value).clone()),
            },
            Expr::BoolConstant(value, _) => Term::Value((*value).into()),
            Expr::IntegerConstant(value, _) => Term::Value((*value).into()),
            Expr::FloatConstant(value, _) => Term::Value((**value).into()),
            Expr::CharConstant(value, _) => Term::Value((*value).into()),
            Expr::StringConstant(value, _) => Term::Value(value.clone().into()),
            Expr::Unit(_) => Term::Value(Dynamic::UNIT),
            Expr::InterpolatedString(parts, _) => Term::Text(self.expressions(parts)),
            Expr::Array(items, _) => Term::Array(self.expressions(items)),
            Expr::Map(map, _) => {
                Term::Map(map.0.iter().map(|(name, value)| (name.name.clone(), self.expression(value))).collect())
            }
            Expr::Variable(parts, ..) if parts.2.is_empty() => Term::Name(parts.1.clone()),
            Expr::Variable(parts, ..) => Term::Of(path(&parts.2.path), parts.1.clone()),
            Expr::ThisPtr(_) => Term::Refused("`this`"),
            Expr::Stmt(block) => self.braces(block),
            Expr::FnCall(call, _) => Term::Call(Box::new(self.call(call))),
            Expr::Dot(..) | Expr::Index(..) => self.chain(expression),
            Expr::And(parts, _) => Term::All(self.expressions(parts)),
            Expr::Or(parts, _) => Term::Any(self.expressions(parts)),
            Expr::Coalesce(parts, _) => Term::Else(self.expressions(parts)),
            _ => Term::Refused("this expression"),
        }
    }

    /// A block where a value is wanted; also Rhai's form of a closure with captures, which shares variables and curries.
    fn braces(&self, block: &StmtBlock) -> Term {
        if let [Stmt::Share(_), Stmt::Expr(curried)] = block.statements()
            && let Expr::FnCall(call, _) = &**curried
            && let Some(Expr::DynamicConstant(pointer, _)) = call.args.first()
            && let Some(pointer) = pointer.read_lock::<FnPtr>()
        {
            let captures = call.args[1..].iter().filter_map(|argument| match argument {
                Expr::Variable(parts, ..) => Some(parts.1.clone()),
                _ => None,
            });
            return Term::Closure(pointer.fn_name().into(), captures.collect());
        }
        Term::Block(self.block(block))
    }

    fn called(&self, call: &FnCallExpr, position: Position) -> Expression {
        Expression { term: Term::Call(Box::new(self.call(call))), place: self.place(position) }
    }

    fn call(&self, call: &FnCallExpr) -> Call {
        Call {
            path: path(&call.namespace.path),
            name: call.name.clone(),
            arguments: self.expressions(&call.args),
            operator: call.is_operator_call(),
        }
    }

    /// Flattens a chain of members, which Rhai nests to the right: while the flag BREAK is not set, the right side
    /// starts with the next link.
    fn chain(&self, expression: &Expr) -> Term {
        let (Expr::Dot(first, ..) | Expr::Index(first, ..)) = expression else { return self.term(expression) };
        let root = self.expression(&first.lhs);
        let mut links = Vec::new();
        let mut rest = expression;
        loop {
            let (parts, flags, position, dot) = match rest {
                Expr::Dot(parts, flags, position) => (parts, flags, position, true),
                Expr::Index(parts, flags, position) => (parts, flags, position, false),
                _ => break,
            };
            let goes_on = !flags.intersects(ASTFlags::BREAK) && matches!(parts.rhs, Expr::Dot(..) | Expr::Index(..));
            let link = match &parts.rhs {
                Expr::Dot(next, ..) | Expr::Index(next, ..) if goes_on => &next.lhs,
                last => last,
            };
            let place = if dot { link.start_position() } else { *position };
            let safe = flags.intersects(ASTFlags::NEGATED);
            links.push(Link { step: self.step(link, dot), safe, place: self.place(place) });
            if !goes_on {
                break;
            }
            rest = &parts.rhs;
        }
        match root.term {
            // `a[i][j]` with the flag set nests to the left: one flat chain all the same.
            Term::Chain(deeper, mut earlier) => {
                earlier.extend(links);
                Term::Chain(deeper, earlier)
            }
            _ => Term::Chain(Box::new(root), links),
        }
    }

    fn step(&self, link: &Expr, dot: bool) -> Step {
        match link {
            Expr::Property(names, _) if dot => Step::Field(names.2.clone()),
            Expr::MethodCall(call, _) if dot => Step::Method(self.call(call)),
            index => Step::Index(self.expression(index)),
        }
    }
}

fn path(path: &[rhai::Ident]) -> Vec<ImmutableString> {
    path.iter().map(|part| part.name.clone()).collect()
}

/// Whether a body can leave the loop around it.
fn leaves(body: &StmtBlock) -> bool {
    let mut found = false;
    for statement in body.iter() {
        statement.walk(&mut Vec::new(), &mut |path| {
            let inner =
                |node: &&ASTNode<'_>| matches!(node, ASTNode::Stmt(Stmt::While(..) | Stmt::Do(..) | Stmt::For(..)));
            let nested = path.iter().rev().skip(1).any(|node| inner(&node));
            match path.last() {
                Some(ASTNode::Stmt(Stmt::Return(..))) => found = true,
                Some(ASTNode::Stmt(Stmt::BreakLoop(_, flags, _))) => {
                    found |= flags.intersects(ASTFlags::BREAK) && !nested;
                }
                _ => {}
            }
            !found
        });
    }
    found
}
