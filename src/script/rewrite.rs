//! Makes Rhai ask us where it would answer silently and wrongly by itself: `switch`, indexes, calls with many arguments, and closures made in a `for`. With `ast.rs` the only file that names Rhai's internals; what closures become is lowered from the tree as it was written.

use std::cell::RefCell;

use rhai::{
    AST, ASTFlags, ASTNode, BinaryExpr, Engine, Expr, FnCallExpr, INT, Ident, ImmutableString, Module, Position,
    ScriptFuncDef, Stmt, StmtBlock,
};

/// Native functions with arguments of any type stop resolving beyond this many.
const MOST_ARGUMENTS: usize = 16;

/// The words that the rewritten tree calls; scripts have no reason to.
pub(super) const SWITCH: &str = "_switch_on";
pub(super) const INDEX: &str = "_index";
pub(super) const MIX: &str = "_mix_all";
pub(super) const PIPE: &str = "_pipe_all";
pub(super) const TURN: &str = "_of_this_turn";

/// Calls to put into trees, as Rhai's parser makes them: their hashes cannot be computed from outside.
pub(super) struct Rewriter {
    switch: FnCallExpr,
    index: FnCallExpr,
    mix: FnCallExpr,
    pipe: FnCallExpr,
    turn: FnCallExpr,
    /// The variables of the `for` loops around the place that is rewritten.
    turns: RefCell<Vec<ImmutableString>>,
}

impl Rewriter {
    pub fn new(engine: &Engine) -> Rewriter {
        let call = |name: &str, argument: &str| {
            let ast = engine.compile(format!("{name}({argument})")).expect("a call parses");
            match ast.statements() {
                [Stmt::FnCall(call, _)] => (**call).clone(),
                [Stmt::Expr(expression)] => match &**expression {
                    Expr::FnCall(call, _) => (**call).clone(),
                    _ => unreachable!("a call is a call"),
                },
                _ => unreachable!("one call is one statement"),
            }
        };
        Rewriter {
            switch: call(SWITCH, "x"),
            index: call(INDEX, "x"),
            mix: call(MIX, "[x]"),
            pipe: call(PIPE, "[x]"),
            turn: call(TURN, "x, [0]"),
            turns: RefCell::default(),
        }
    }

    /// The tree to run instead of `ast`.
    pub fn rewrite(&self, ast: AST) -> AST {
        let mut needed = false;
        ast.walk(&mut |path| {
            needed |= path.last().is_some_and(asks);
            !needed
        });
        if !needed {
            return ast;
        }
        let mut statements = ast.statements().to_vec();
        statements.iter_mut().for_each(|statement| self.statement(statement));
        let mut functions: Module = (**ast.shared_lib()).clone();
        for (.., definition) in ast.shared_lib().iter_script_fn_info() {
            let mut definition: ScriptFuncDef = (**definition).clone();
            self.block(&mut definition.body);
            functions.set_script_fn(definition);
        }
        let mut rewritten = AST::new(statements, functions);
        if let Some(source) = ast.source() {
            rewritten.set_source(source);
        }
        rewritten
    }

    fn block(&self, block: &mut StmtBlock) {
        block.statements_mut().iter_mut().for_each(|statement| self.statement(statement));
    }

    fn statement(&self, statement: &mut Stmt) {
        match statement {
            Stmt::If(flow, _) | Stmt::While(flow, _) | Stmt::Do(flow, ..) | Stmt::TryCatch(flow, _) => {
                self.expression(&mut flow.expr);
                self.block(&mut flow.body);
                self.block(&mut flow.branch);
            }
            Stmt::For(parts, _) => {
                self.expression(&mut parts.2.expr);
                let names = std::iter::once(&parts.0).chain(&parts.1).map(|variable| variable.name.clone());
                let around = self.turns.borrow().len();
                self.turns.borrow_mut().extend(names);
                self.block(&mut parts.2.body);
                self.turns.borrow_mut().truncate(around);
            }
            Stmt::Switch(switch, _) => {
                let (subject, cases) = &mut **switch;
                self.expression(subject);
                wrap(&self.switch, subject);
                for case in &mut cases.expressions {
                    self.expression(&mut case.lhs);
                    self.expression(&mut case.rhs);
                }
            }
            Stmt::Var(named, ..) => self.expression(&mut named.1),
            Stmt::Assignment(assignment) => self.both(&mut assignment.1),
            Stmt::FnCall(call, position) => self.call(call, *position),
            Stmt::Block(block) => self.block(block),
            Stmt::Expr(expression) => self.expression(expression),
            Stmt::BreakLoop(Some(value), ..) | Stmt::Return(Some(value), ..) => self.expression(value),
            _ => {}
        }
    }

    fn both(&self, sides: &mut BinaryExpr) {
        self.expression(&mut sides.lhs);
        self.expression(&mut sides.rhs);
    }

    fn expression(&self, expression: &mut Expr) {
        match expression {
            Expr::Array(items, _) | Expr::InterpolatedString(items, _) => {
                items.iter_mut().for_each(|item| self.expression(item));
            }
            Expr::Map(map, _) => map.0.iter_mut().for_each(|(_, value)| self.expression(value)),
            Expr::Stmt(block) => {
                let captured = self.captured_turns(block);
                self.block(block);
                if !captured.is_empty() {
                    self.fix(expression, &captured);
                }
            }
            Expr::FnCall(call, position) | Expr::MethodCall(call, position) => self.call(call, *position),
            Expr::And(items, _) | Expr::Or(items, _) | Expr::Coalesce(items, _) => {
                items.iter_mut().for_each(|item| self.expression(item));
            }
            Expr::Dot(sides, flags, _) => {
                self.expression(&mut sides.lhs);
                self.link(&mut sides.rhs, *flags, false);
            }
            Expr::Index(sides, flags, _) => {
                self.expression(&mut sides.lhs);
                self.link(&mut sides.rhs, *flags, true);
            }
            _ => {}
        }
    }

    /// Which captures of a closure are variables of the `for` loops around it; none where the block is no closure.
    fn captured_turns(&self, block: &StmtBlock) -> Vec<INT> {
        let [Stmt::Share(captures), _] = block.statements() else { return Vec::new() };
        let turns = self.turns.borrow();
        let of_a_turn = |(variable, _): &&(Ident, _)| turns.contains(&variable.name);
        let numbered = captures.iter().enumerate().filter(|(_, capture)| of_a_turn(capture));
        numbered.map(|(number, _)| number as INT).collect()
    }

    /// Makes a closure keep the values that these captures have now.
    fn fix(&self, closure: &mut Expr, captures: &[INT]) {
        let position = closure.start_position();
        let mut call = self.turn.clone();
        call.args[0] = std::mem::take(closure);
        if let Expr::Array(items, _) = &mut call.args[1] {
            items.clear();
            items.extend(captures.iter().map(|number| Expr::IntegerConstant(*number, position)));
        }
        *closure = Expr::FnCall(Box::new(call), position);
    }

    /// The right side of `.` or `[`: chains are nested to the right, so its left side may be this very link.
    fn link(&self, link: &mut Expr, flags: ASTFlags, index: bool) {
        let here = |link: &mut Expr| {
            self.expression(link);
            if index && !matches!(link, Expr::IntegerConstant(..) | Expr::StringConstant(..)) {
                wrap(&self.index, link);
            }
        };
        match link {
            Expr::Dot(sides, inner, _) if !flags.intersects(ASTFlags::BREAK) => {
                here(&mut sides.lhs);
                self.link(&mut sides.rhs, *inner, false);
            }
            Expr::Index(sides, inner, _) if !flags.intersects(ASTFlags::BREAK) => {
                here(&mut sides.lhs);
                self.link(&mut sides.rhs, *inner, true);
            }
            _ => here(link),
        }
    }

    fn call(&self, call: &mut FnCallExpr, position: Position) {
        call.args.iter_mut().for_each(|argument| self.expression(argument));
        let all = match call.name.as_str() {
            "mix" => &self.mix,
            "pipe" => &self.pipe,
            _ => return,
        };
        if call.args.len() <= MOST_ARGUMENTS {
            return;
        }
        let arguments = std::mem::take(&mut call.args);
        *call = all.clone();
        if let Expr::Array(items, place) = &mut call.args[0] {
            items.clear();
            items.extend(arguments);
            *place = position;
        }
    }
}

/// Puts a call around an expression.
fn wrap(call: &FnCallExpr, expression: &mut Expr) {
    let position = expression.start_position();
    let mut call = call.clone();
    call.args[0] = std::mem::take(expression);
    *expression = Expr::FnCall(Box::new(call), position);
}

/// Whether a node is one that must be rewritten.
fn asks(node: &ASTNode<'_>) -> bool {
    let many = |call: &FnCallExpr| call.args.len() > MOST_ARGUMENTS;
    match node {
        ASTNode::Stmt(Stmt::Switch(..) | Stmt::For(..)) | ASTNode::Expr(Expr::Index(..)) => true,
        ASTNode::Stmt(Stmt::FnCall(call, _)) | ASTNode::Expr(Expr::FnCall(call, _)) => many(call),
        _ => false,
    }
}
