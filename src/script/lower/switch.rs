//! `switch`: a known value takes its case now, a computed one compares. Rhai keeps only hashes of the cases, so numbers are found by trying them.

use std::collections::HashMap;

use rhai::Dynamic;

use super::super::ast::case_hash;
use super::super::code::{Between, Switch};
use super::expression::Truth;
use super::path::{Lowering, Run, refuse};
use super::value::{Number, Val};
use crate::ir::Place;

/// Whole numbers from minus this to this are known as cases of computed values.
const MOST: i64 = 4096;

thread_local! {
    /// Numbers by the hash that Rhai keeps of them.
    static VALUES: HashMap<u64, Dynamic> = values();
}

fn values() -> HashMap<u64, Dynamic> {
    let whole = (-MOST..=MOST).map(Dynamic::from);
    let hundredths = (-1000..=1000).map(|n| Dynamic::from(f64::from(n) / 100.0));
    let fractions = (-1024..=1024).map(|n| Dynamic::from(f64::from(n) / 64.0));
    let all = whole.chain(hundredths).chain(fractions);
    all.map(|value| (case_hash(&value), value)).collect()
}

impl<'b> Lowering<'_, 'b> {
    /// A `switch`, and the value of its case.
    pub fn switch(&mut self, switch: &Switch, place: Place) -> Run<Val<'b>> {
        match self.used(&switch.value)? {
            Val::Known(value) => self.known_case(switch, &value),
            Val::Bool(value) => {
                let listed = |truth: bool| {
                    let list = switch.hashes.get(&case_hash(&Dynamic::from(truth)));
                    list.map_or(&[][..], Vec::as_slice)
                };
                self.branch(
                    value,
                    |lowering| lowering.guarded(switch, listed(true)),
                    |lowering| lowering.guarded(switch, listed(false)),
                )
            }
            value @ (Val::Real(_) | Val::Int(_)) => {
                let cases = cases(switch, place)?;
                self.compare(switch, &value, &cases, place)
            }
            Val::Whatever => self.default(switch),
            other => refuse(
                switch.value.place,
                format!("`switch` does not work on {}", other.kind()),
                "switch on a number or a text",
            ),
        }
    }

    fn known_case(&mut self, switch: &Switch, value: &Dynamic) -> Run<Val<'b>> {
        // 1 and 1.0 are one case: numbers mix freely.
        let twin = match Val::Known(value.clone()).number() {
            Some(Number::Whole(whole)) => Some(Dynamic::from(whole as f64)),
            Some(number) => number.integral().map(Dynamic::from),
            None => None,
        };
        let listed = std::iter::once(value.clone()).chain(twin).find_map(|value| switch.hashes.get(&case_hash(&value)));
        if let Some(list) = listed {
            return self.guarded(switch, list);
        }
        let Some(number) = Val::Known(value.clone()).number().and_then(Number::known) else {
            return self.default(switch);
        };
        let inside = |range: &&Between| {
            let (first, last) = (range.first as f64, range.last as f64);
            first <= number && (number < last || range.inclusive && number == last)
        };
        let list = switch.ranges.iter().filter(inside).map(|range| range.case).collect::<Vec<_>>();
        self.guarded(switch, &list)
    }

    /// The first case of a list whose guard holds, else the default.
    fn guarded(&mut self, switch: &Switch, list: &[usize]) -> Run<Val<'b>> {
        let Some((&case, rest)) = list.split_first() else { return self.default(switch) };
        let (guard, action) = &switch.cases[case];
        let truth = guard.as_ref().map_or(Ok(Truth::Known(true)), |guard| self.condition(guard))?;
        match truth {
            Truth::Known(true) => self.expression(action),
            Truth::Known(false) => self.guarded(switch, rest),
            Truth::Computed(holds) => {
                self.branch(holds, |lowering| lowering.expression(action), |lowering| lowering.guarded(switch, rest))
            }
        }
    }

    fn default(&mut self, switch: &Switch) -> Run<Val<'b>> {
        match switch.default {
            Some(case) => self.expression(&switch.cases[case].1),
            None => Ok(Val::unit()),
        }
    }

    /// Compares with one value after the other, then with the ranges.
    fn compare(
        &mut self,
        switch: &Switch,
        value: &Val<'b>,
        cases: &[(Dynamic, &[usize])],
        place: Place,
    ) -> Run<Val<'b>> {
        let Some(((candidate, list), rest)) = cases.split_first() else {
            return self.compare_ranges(switch, value, &switch.ranges, place);
        };
        let same = self.binary("==", value.clone(), Val::Known(candidate.clone()), place)?;
        match self.truth(&same, place)? {
            Truth::Known(true) => self.guarded(switch, list),
            Truth::Known(false) => self.compare(switch, value, rest, place),
            Truth::Computed(same) => self.branch(
                same,
                |lowering| lowering.guarded(switch, list),
                |lowering| lowering.compare(switch, value, rest, place),
            ),
        }
    }

    fn compare_ranges(&mut self, switch: &Switch, value: &Val<'b>, ranges: &[Between], place: Place) -> Run<Val<'b>> {
        let Some((range, rest)) = ranges.split_first() else { return self.default(switch) };
        let above = self.binary(">=", value.clone(), Val::Known(range.first.into()), place)?;
        let below =
            self.binary(if range.inclusive { "<=" } else { "<" }, value.clone(), Val::Known(range.last.into()), place)?;
        let inside = self.binary("&", above, below, place)?;
        let Truth::Computed(inside) = self.truth(&inside, place)? else {
            return refuse(place, "this range cannot be compared", "use `if`");
        };
        let (guard, action) = &switch.cases[range.case];
        self.branch(
            inside,
            |lowering| match guard.as_ref().map_or(Ok(Truth::Known(true)), |guard| lowering.condition(guard))? {
                Truth::Known(true) => lowering.expression(action),
                Truth::Known(false) => lowering.compare_ranges(switch, value, rest, place),
                Truth::Computed(holds) => lowering.branch(
                    holds,
                    |lowering| lowering.expression(action),
                    |lowering| lowering.compare_ranges(switch, value, rest, place),
                ),
            },
            |lowering| lowering.compare_ranges(switch, value, rest, place),
        )
    }
}

/// The values of the cases, in the order of the cases.
fn cases(switch: &Switch, place: Place) -> Run<Vec<(Dynamic, &[usize])>> {
    let mut found = Vec::new();
    for (hash, list) in &switch.hashes {
        if switch.of_ranges.contains(hash) {
            continue;
        }
        match VALUES.with(|values| values.get(hash).cloned()) {
            Some(value) => found.push((value, list.as_slice())),
            None => {
                let message = "a case of this `switch` cannot be compared with a computed number";
                let help = format!(
                    "cases can be whole numbers from -{MOST} to {MOST}, ranges, and floats with two decimals; use `if` for others"
                );
                return refuse(place, message, help);
            }
        }
    }
    // The map has no order of its own: programs must come out the same every time.
    found.sort_by_key(|(value, list)| (list[0], value.to_string()));
    Ok(found)
}
