//! Machine code by Cranelift for the processor at hand. It refuses processors on which a frame would have to call a library.

use std::sync::LazyLock;

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::types::{F64, I64};
use cranelift_codegen::ir::{AbiParam, Function, SigRef, Signature, UserFuncName};
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CodegenError, Context};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use super::effort::Effort;
use super::translate::{Fuse, translate};
use crate::ir::Program;

/// Why there is no machine code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unable {
    /// Not on this processor.
    #[error("no machine code for this processor: {0}")]
    Processor(String),
    /// Cranelift's own limits on the size of a function.
    #[error("the program is too large for machine code: {operations} operations")]
    TooLarge {
        /// How many instructions the program has.
        operations: usize,
    },
    /// A mistake here, or in Cranelift.
    #[error("machine code could not be made (a mistake in the engine): {0}")]
    Mistake(String),
}

/// Makes machine code. Control thread.
pub struct Generator {
    full: OwnedTargetIsa,
    plain: OwnedTargetIsa,
    quick: OwnedTargetIsa,
    fuse: Fuse,
    context: Context,
    frontend: FunctionBuilderContext,
}

impl Generator {
    /// Looks at the processor.
    pub fn new() -> Result<Generator, Unable> {
        let full = target("speed", "backtracking")?;
        let plain = target("none", "backtracking")?;
        let quick = target("none", "single_pass")?;
        let fuse = fuse(&full)?;
        Ok(Generator { full, plain, quick, fuse, context: Context::new(), frontend: FunctionBuilderContext::new() })
    }

    /// Calls a function for fused multiplication and addition even where the processor has an instruction.
    pub fn without_fused_instruction(mut self) -> Generator {
        self.fuse = Fuse::Call(fused as *const () as usize);
        self
    }

    /// Gives back what is kept between programs to make the next one sooner.
    pub fn trim(&mut self) {
        (self.context, self.frontend) = (Context::new(), FunctionBuilderContext::new());
    }

    /// Machine code of a valid program, which can lie anywhere. Call it with denormals flushed, as on the audio thread.
    pub fn generate(&mut self, program: &Program, effort: Effort) -> Result<Vec<u8>, Unable> {
        let isa = match effort {
            Effort::Full => &self.full,
            Effort::Plain => &self.plain,
            Effort::Quick => &self.quick,
        };
        let convention = isa.default_call_conv();
        self.context.clear();
        self.context.func = Function::with_name_signature(UserFuncName::default(), entry(convention));
        let mut builder = FunctionBuilder::new(&mut self.context.func, &mut self.frontend);
        translate(program, &mut builder, self.fuse, fused_signature(convention));
        builder.finalize(isa.frontend_config());
        finish(&mut self.context, isa, program.operations())
    }
}

/// What every function here takes: an address.
fn entry(convention: CallConv) -> Signature {
    let mut entry = Signature::new(convention);
    entry.params.push(AbiParam::new(I64));
    entry
}

fn fused_signature(convention: CallConv) -> Signature {
    let mut fused = Signature::new(convention);
    fused.params.extend([AbiParam::new(F64); 3]);
    fused.returns.push(AbiParam::new(F64));
    fused
}

/// The machine code of a function of so many operations, which can lie anywhere.
fn finish(context: &mut Context, isa: &OwnedTargetIsa, operations: usize) -> Result<Vec<u8>, Unable> {
    let compiled = context.compile(isa.as_ref(), &mut ControlPlane::default());
    let compiled = compiled.map_err(|error| match error.inner {
        CodegenError::CodeTooLarge | CodegenError::ImplLimitExceeded => Unable::TooLarge { operations },
        inner => Unable::Mistake(format!("{inner:?}")),
    })?;
    match compiled.buffer.relocs().first() {
        None => Ok(compiled.code_buffer().to_vec()),
        Some(relocation) => Err(Unable::Mistake(format!("the code is not self-contained: {relocation:?}"))),
    }
}

/// What makes code for vectors of two, if the processor has all that it takes.
static PAIRS: LazyLock<Option<(OwnedTargetIsa, Fuse)>> = LazyLock::new(|| {
    let isa = target("speed", "backtracking").ok()?;
    let fuse = fuse(&isa).ok()?;
    // Comparisons of integers came later than floats that are rounded.
    (cfg!(target_arch = "aarch64") || has(&isa, "has_sse42")).then_some((isa, fuse))
});

/// Whether there are vectors of two.
pub fn has_pairs() -> bool {
    PAIRS.is_some()
}

/// Machine code of a function that takes an address, for vectors of two. `write` writes it, and is told the signature and the
/// address of what multiplies and adds with one rounding where the processor has no instruction for it.
pub fn pairs(write: impl FnOnce(&mut FunctionBuilder<'_>, Option<(SigRef, usize)>)) -> Result<Vec<u8>, Unable> {
    let Some((isa, fuse)) = &*PAIRS else { return Err(Unable::Processor("it has no vectors of two".into())) };
    // What calls it says so, too.
    let convention = if cfg!(target_arch = "x86_64") { CallConv::SystemV } else { isa.default_call_conv() };
    let (mut context, mut frontend) = (Context::new(), FunctionBuilderContext::new());
    context.func = Function::with_name_signature(UserFuncName::default(), entry(convention));
    let mut builder = FunctionBuilder::new(&mut context.func, &mut frontend);
    let fuse = match fuse {
        Fuse::Instruction => None,
        Fuse::Call(address) => Some((builder.import_signature(fused_signature(isa.default_call_conv())), *address)),
    };
    write(&mut builder, fuse);
    builder.finalize(isa.frontend_config());
    finish(&mut context, isa, 0)
}

fn has(isa: &OwnedTargetIsa, name: &str) -> bool {
    isa.isa_flags().iter().any(|flag| flag.name == name && flag.as_bool() == Some(true))
}

/// How the processor multiplies and adds with one rounding.
fn fuse(isa: &OwnedTargetIsa) -> Result<Fuse, Unable> {
    if cfg!(target_arch = "aarch64") {
        return Ok(Fuse::Instruction);
    }
    if !cfg!(target_arch = "x86_64") {
        return Err(Unable::Processor("only x86-64 and aarch64 have it".into()));
    }
    if !has(isa, "has_sse41") {
        return Err(Unable::Processor("SSE4.1 is missing, which rounds floats".into()));
    }
    Ok(if has(isa, "has_fma") { Fuse::Instruction } else { Fuse::Call(fused as *const () as usize) })
}

/// One rounding, where the processor has no instruction for it.
extern "C" fn fused(factor: f64, other: f64, addend: f64) -> f64 {
    factor.mul_add(other, addend)
}

fn target(level: &str, allocation: &str) -> Result<OwnedTargetIsa, Unable> {
    let mut flags = settings::builder();
    let verifier = if cfg!(debug_assertions) { "true" } else { "false" };
    let wanted = [
        ("opt_level", level),
        ("regalloc_algorithm", allocation),
        ("is_pic", "false"),
        ("enable_verifier", verifier),
        ("unwind_info", "false"),
        ("enable_probestack", "false"),
        ("preserve_frame_pointers", "false"),
    ];
    for (name, value) in wanted {
        flags.set(name, value).map_err(|error| Unable::Mistake(format!("{name}: {error}")))?;
    }
    let processor = cranelift_native::builder().map_err(|error| Unable::Processor(error.into()))?;
    let isa = processor.finish(settings::Flags::new(flags));
    isa.map_err(|error| Unable::Processor(format!("{error:?}")))
}
