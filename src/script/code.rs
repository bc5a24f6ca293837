//! What a function of a script says, in our own words, so that the lowering does not depend on Rhai's syntax tree. It evaluates nothing.

use std::collections::HashMap;

use rhai::{Dynamic, ImmutableString};

use crate::ir::Place;

/// A function: of a script, or a closure, whose captures are its first parameters.
#[derive(Debug)]
pub struct Function {
    /// Names of its parameters.
    pub parameters: Vec<ImmutableString>,
    /// What it does.
    pub body: Vec<Statement>,
    /// Where its body starts.
    pub place: Place,
}

/// One statement.
#[derive(Debug)]
pub struct Statement {
    /// What it does.
    pub action: Action,
    /// Where it stands.
    pub place: Place,
}

/// What a statement does.
#[derive(Debug)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Computes a value.
    Value(Expression),
    /// Gives a value a new name.
    Let {
        /// The name.
        name: ImmutableString,
        /// The value.
        value: Expression,
        /// Whether it can never change.
        constant: bool,
    },
    /// Changes what a name, or a part of its value, stands for.
    Assign {
        /// The operator of `+=` and the like.
        operator: Option<&'static str>,
        /// What changes.
        target: Expression,
        /// What it becomes, or is changed by.
        value: Expression,
    },
    /// `if`
    If(Box<Choice>),
    /// `switch`
    Switch(Box<Switch>),
    /// `while`, `loop`, `do` and `for`
    Loop(Box<Loop>),
    /// `break`, with a value
    Break(Option<Expression>),
    /// `continue`
    Continue,
    /// `return`, with a value
    Return(Option<Expression>),
    /// `{ … }`
    Block(Vec<Statement>),
    /// What closures cannot do.
    Refused(&'static str),
}

/// `if condition { yes } else { no }`
#[derive(Debug)]
pub struct Choice {
    /// The condition.
    pub condition: Expression,
    /// What is done where it holds.
    pub yes: Vec<Statement>,
    /// What is done where it does not.
    pub no: Vec<Statement>,
}

/// A loop.
#[derive(Debug)]
pub struct Loop {
    /// How its rounds are counted.
    pub rounds: Rounds,
    /// What each round does.
    pub body: Vec<Statement>,
    /// Whether the body can leave the loop: by `break` or `return`.
    pub leaves: bool,
}

/// How the rounds of a loop are counted.
#[derive(Debug)]
pub enum Rounds {
    /// As long as the condition holds; without one until `break`.
    While(Option<Expression>),
    /// At least once, then as long as the condition is `holds`.
    Do(Expression, bool),
    /// Once for each item: its name, the name of its number, the items.
    For(ImmutableString, Option<ImmutableString>, Expression),
}

/// `switch`
#[derive(Debug)]
pub struct Switch {
    /// The value that decides.
    pub value: Expression,
    /// Guard and action of each case.
    pub cases: Vec<(Option<Expression>, Expression)>,
    /// Cases by the hash of their value, as Rhai keeps them.
    pub hashes: HashMap<u64, Vec<usize>>,
    /// The ranges, in order.
    pub ranges: Vec<Between>,
    /// The case of `_`.
    pub default: Option<usize>,
    /// Hashes that belong to ranges and to no value.
    pub of_ranges: Vec<u64>,
}

/// A range of a `switch`.
#[derive(Clone, Copy, Debug)]
pub struct Between {
    /// The first number.
    pub first: i64,
    /// The last number, or the one that it stops before.
    pub last: i64,
    /// Whether `last` belongs to it.
    pub inclusive: bool,
    /// Its case.
    pub case: usize,
}

/// One expression.
#[derive(Debug)]
pub struct Expression {
    /// What it computes.
    pub term: Term,
    /// Where it stands.
    pub place: Place,
}

/// What an expression computes.
#[derive(Debug)]
pub enum Term {
    /// A value that is written down.
    Value(Dynamic),
    /// A text with values in it.
    Text(Vec<Expression>),
    /// `[…]`
    Array(Vec<Expression>),
    /// `#{…}`
    Map(Vec<(ImmutableString, Expression)>),
    /// A variable or constant.
    Name(ImmutableString),
    /// A constant of a module: `alias::NAME`.
    Of(Vec<ImmutableString>, ImmutableString),
    /// A call.
    Call(Box<Call>),
    /// A value, then fields, indexes and methods.
    Chain(Box<Expression>, Vec<Link>),
    /// `&&`
    All(Vec<Expression>),
    /// `||`
    Any(Vec<Expression>),
    /// `??`
    Else(Vec<Expression>),
    /// `{ … }`, `if` and the like where a value is wanted.
    Block(Vec<Statement>),
    /// A closure inside: its name and the variables that it captures.
    Closure(ImmutableString, Vec<ImmutableString>),
    /// What closures cannot do.
    Refused(&'static str),
}

/// A call of a function or an operator.
#[derive(Debug)]
pub struct Call {
    /// The modules before `::`.
    pub path: Vec<ImmutableString>,
    /// The function, or the operator's sign.
    pub name: ImmutableString,
    /// What is given, without the value before the `.` of a method.
    pub arguments: Vec<Expression>,
    /// Whether it is an operator.
    pub operator: bool,
}

/// A step of a chain.
#[derive(Debug)]
pub struct Link {
    /// Which part of the value, or which method.
    pub step: Step,
    /// Whether nothing gives nothing: `?.` and `?[`.
    pub safe: bool,
    /// Where it stands.
    pub place: Place,
}

/// What a step of a chain goes to.
#[derive(Debug)]
pub enum Step {
    /// `.name`
    Field(ImmutableString),
    /// `[index]`
    Index(Expression),
    /// `.name(…)`
    Method(Call),
}
