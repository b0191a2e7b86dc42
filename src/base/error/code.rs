//! The stable name of an error's cause.

use super::Error;
use crate::base::{Code, Stage};

impl Error {
    /// Gives it a code that says more than kind and stage do, if there is one, unless a lower layer
    /// already gave one.
    pub fn with_code(mut self, code: impl Into<Option<Code>>) -> Self {
        self.0.code = self.0.code.or(code.into());
        self
    }

    /// Gives it a code whatever a lower layer said, which knew less.
    pub fn with_better_code(mut self, code: Code) -> Self {
        self.0.code = Some(code);
        self
    }

    /// Says that it was FTP's data channel that was not opened. Whose side it is goes by the stage
    /// where it really failed.
    pub(crate) fn of_data_channel(self) -> Self {
        let (side, code) = (self.side(), self.code());
        let error = self.with_stage(Stage::Data).with_side(side);
        error.with_better_code(code.of_data_channel())
    }

    /// The stable name of the cause: `OUT-CONNECT-FORBIDDEN-PORT`.
    pub fn code(&self) -> Code {
        let inner = &self.0;
        let derive = || Code::derive(inner.kind, inner.stage, inner.answer.as_ref());
        let code = inner.code.unwrap_or_else(derive);
        let proxied = inner.route.as_ref().is_some_and(|r| r.proxy().is_some());
        match inner.stage {
            // The first hop of such a way is the proxy.
            Stage::Resolve | Stage::Dial if proxied => code.of_proxy(),
            _ => code,
        }
    }
}
