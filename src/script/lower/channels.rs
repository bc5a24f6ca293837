//! Arithmetic on signals, channel by channel; a single channel goes to all. It knows neither nodes nor closures.

use super::super::graph::Operator;
use crate::dsp::float::Float;
use crate::dsp::math::{self, Math};
use crate::ir::{Builder, F};

/// Two operands where neither is a single channel and they are of different width.
pub(super) struct Mismatch {
    pub widths: (usize, usize),
}

/// One function of several operands, channel by channel.
pub(super) fn each<'b>(operands: &[Vec<F<'b>>], apply: impl Fn(&[F<'b>]) -> F<'b>) -> Result<Vec<F<'b>>, Mismatch> {
    let width = operands.iter().map(Vec::len).max().unwrap_or(1);
    if let Some(odd) = operands.iter().find(|channels| channels.len() != 1 && channels.len() != width) {
        return Err(Mismatch { widths: (odd.len(), width) });
    }
    let at = |channels: &Vec<F<'b>>, n: usize| channels[if channels.len() == 1 { 0 } else { n }];
    let row = |n: usize| operands.iter().map(|channels| at(channels, n)).collect::<Vec<_>>();
    Ok((0..width).map(|n| apply(&row(n))).collect())
}

/// An operator on two numbers; comparisons give 0 or 1.
pub(super) fn operator<'b>(operator: Operator, x: F<'b>, y: F<'b>) -> F<'b> {
    match operator {
        Operator::Add => x + y,
        Operator::Sub => x - y,
        Operator::Mul => x * y,
        Operator::Div => x / y,
        Operator::Rem => remainder(x, y),
        Operator::Pow => math::pow(x, y),
        Operator::Lt => x.lt(y).to_real(),
        Operator::Le => x.le(y).to_real(),
        Operator::Gt => x.gt(y).to_real(),
        Operator::Ge => x.ge(y).to_real(),
        Operator::Eq => x.same(y).to_real(),
        Operator::Ne => (!x.same(y)).to_real(),
    }
}

/// The remainder with the sign of the dividend. A phase is taken modulo 1 so often that it has a formula of its own.
pub(super) fn remainder<'b>(x: F<'b>, y: F<'b>) -> F<'b> {
    if y.known() == Some(1.0) { math::fract(x) } else { math::rem(x, y) }
}

/// A function of numbers.
pub(super) fn mathematics<'b>(math: Math, operands: &[Vec<F<'b>>]) -> Result<Vec<F<'b>>, Mismatch> {
    each(operands, |arguments| math.apply(arguments))
}

/// The plain sum: channel by channel, a single channel to all, a narrower one to its own.
pub(super) fn mix<'b>(inputs: &[Vec<F<'b>>]) -> Vec<F<'b>> {
    let width = inputs.iter().map(Vec::len).max().unwrap_or(1);
    let channel = |n: usize| {
        let mut parts =
            inputs.iter().filter_map(|input| if input.len() == 1 { Some(input[0]) } else { input.get(n).copied() });
        let first = parts.next().expect("the widest input has every channel");
        parts.fold(first, |sum, part| sum + part)
    };
    (0..width).map(channel).collect()
}

/// All channels added up, from left to right.
pub(super) fn sum<'b>(builder: &'b Builder, channels: &[F<'b>]) -> F<'b> {
    channels.iter().copied().reduce(|sum, channel| sum + channel).unwrap_or_else(|| builder.number(0.0))
}
