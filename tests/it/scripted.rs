//! Random closures: what they become renders the samples that Rhai's own interpreter computes. It knows no rulings, only what both agree on.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::lent::same;
use crate::played::{lowered, render, tried};

const FRAMES: usize = 24;

/// A closure's text, written from a tape of choices: whatever the tape, the text is a valid closure.
struct Writer<'t> {
    tape: std::iter::Cycle<std::slice::Iter<'t, u8>>,
    left: usize,
    text: String,
    /// Variables in scope; the first four always are.
    names: usize,
    /// How many loops are around.
    loops: usize,
    deep: usize,
}

impl Writer<'_> {
    fn choose(&mut self, count: usize) -> usize {
        self.left = self.left.saturating_sub(1);
        usize::from(*self.tape.next().expect("the tape goes round")) % count
    }

    fn name(&mut self) -> String {
        let name = self.choose(self.names);
        format!("v{name}")
    }

    fn number(&mut self) -> String {
        match self.choose(8) {
            0 => self.choose(5).to_string(),
            1 => format!("{}.5", self.choose(4)),
            2 => "s.frame".to_owned(),
            3 => "s.t".to_owned(),
            4 => format!("s.state[{}]", self.choose(3)),
            _ => self.name(),
        }
    }

    fn expression(&mut self) -> String {
        if self.left == 0 || self.deep > 6 {
            return self.number();
        }
        self.deep += 1;
        let text = match self.choose(12) {
            0 => format!("({} + {})", self.expression(), self.expression()),
            1 => format!("({} - {})", self.expression(), self.expression()),
            2 => format!("({} * 0.5)", self.expression()),
            3 => format!("({} / 3)", self.expression()),
            4 => format!("({} % 7.5)", self.expression()),
            5 => format!("sin({})", self.expression()),
            6 => format!("max({}, {})", self.expression(), self.expression()),
            7 => format!("(if {} {{ {} }} else {{ {} }})", self.condition(), self.expression(), self.expression()),
            8 => format!("[{}, {}, 2.5][to_int(abs({}) % 3)]", self.expression(), self.expression(), self.number()),
            9 => format!("f.call({})", self.expression()),
            _ => self.number(),
        };
        self.deep -= 1;
        text
    }

    fn condition(&mut self) -> String {
        let sign = ["<", "<=", ">", ">=", "==", "!="][self.choose(6)];
        let first = format!("{} {sign} {}", self.number(), self.expression());
        match self.choose(5) {
            0 => format!("({first}) && {} > 1", self.number()),
            1 => format!("({first}) || f.call({}) > 1", self.number()),
            2 => format!("!({first})"),
            _ => first,
        }
    }

    fn block(&mut self) {
        let names = self.names;
        self.deep += 1;
        self.text.push_str("{ ");
        for _ in 0..=self.choose(3) {
            self.statement();
        }
        self.text.push_str("} ");
        self.deep -= 1;
        self.names = names;
    }

    fn statement(&mut self) {
        let choice = if self.left == 0 || self.deep > 4 { self.choose(3) } else { self.choose(13) };
        match choice {
            0 | 1 => {
                let sign = ["=", "+=", "-=", "*="][self.choose(4)];
                // Without the factor, numbers grow beyond what whole numbers hold.
                let line = format!("{} {sign} ({}) * 0.125; ", self.name(), self.expression());
                self.text.push_str(&line);
            }
            2 | 3 => {
                let line = format!("s.state[{}] = {} % 100.0; ", self.choose(3), self.expression());
                self.text.push_str(&line);
            }
            4 => {
                let value = self.expression();
                self.text.push_str(&format!("let v{} = {value}; ", self.names));
                self.names += 1;
            }
            5 | 6 => {
                let condition = self.condition();
                self.text.push_str(&format!("if {condition} "));
                self.block();
                if self.choose(2) == 0 {
                    self.text.push_str("else ");
                    self.block();
                }
            }
            7 | 8 => self.counted(),
            9 => {
                let value = self.number();
                self.text.push_str(&format!("switch to_int({value}) {{ 0 => "));
                self.block();
                self.text.push_str("1 | 2 => ");
                self.block();
                self.text.push_str("3..6 => ");
                self.block();
                self.text.push_str("_ => ");
                self.block();
                self.text.push_str("} ");
            }
            10 if self.loops > 0 => {
                let word = ["break", "continue"][self.choose(2)];
                let line = format!("if {} {{ {word}; }} ", self.condition());
                self.text.push_str(&line);
            }
            11 => {
                let line = format!("if {} {{ return {}; }} ", self.condition(), self.expression());
                self.text.push_str(&line);
            }
            _ => {
                let line = format!("n += 1; a[n % 3] = {}; ", self.expression());
                self.text.push_str(&line);
            }
        }
    }

    /// A loop of few rounds, known or not.
    fn counted(&mut self) {
        let (first, name) = (self.choose(2), self.names);
        let end = ["3", "s.frame % 4", "(s.frame + n) % 3"][self.choose(3)];
        self.text.push_str(&format!("for v{name} in {first}..({end}) "));
        self.loops += 1;
        // The loop's variable is one more name inside of it.
        self.names += 1;
        self.block();
        self.names -= 1;
        self.loops -= 1;
    }
}

fn closure(tape: &[u8]) -> String {
    let start = "let v0 = 1; let v1 = s.t; let v2 = 0.25; let v3 = s.frame; let n = 0; let a = [1, 0.5, s.t]; \
                 let f = |x| { n += 1; x * 0.5 + n }; ";
    let mut writer =
        Writer { tape: tape.iter().cycle(), left: tape.len(), text: start.to_owned(), names: 4, loops: 0, deep: 0 };
    while writer.left > 0 {
        writer.statement();
    }
    format!("register(\"x\", |s| {{ {}v0 + v1 + v2 + v3 + n + a[0] + a[1] + a[2] + s.state[0] }});", writer.text)
}

#[test]
fn random_closures_are_rhais() {
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    let tapes = proptest::collection::vec(any::<u8>(), 4..120);
    let outcome = runner.run(&tapes, |tape| {
        let text = closure(&tape);
        let lowered = lowered(&text).map_err(|error| TestCaseError::fail(format!("{error:?}\n{text}")))?;
        let rendered = render(lowered.program, FRAMES);
        let wanted = match tried(&text, FRAMES) {
            Err(error) if error.to_string().contains("Integer overflow: to_int") => {
                return Err(TestCaseError::reject("an integer that Rhai does not have"));
            }
            wanted => wanted.unwrap(),
        };
        for (frame, (found, wanted)) in rendered.frames.iter().zip(wanted).enumerate() {
            let equal = found.len() == 1 && (found[0] == wanted[0] || same(found[0], wanted[0]));
            prop_assert!(equal, "frame {frame} is {found:?}, not {wanted:?}\n{text}\n{}", rendered.program);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
