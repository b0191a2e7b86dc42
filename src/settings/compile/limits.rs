//! How long things may take, and how often they are tried.

use super::Compiler;
use crate::settings::fact::Value;
use crate::settings::policy::{Retry, Timeouts};

impl Compiler<'_> {
    pub(super) fn timeouts(&self) -> Timeouts {
        let mut timeouts = Timeouts::default();
        let fields = [
            ("resolve", &mut timeouts.resolve),
            ("dial", &mut timeouts.dial),
            ("tls", &mut timeouts.tls),
            ("connect", &mut timeouts.connect),
            ("reply", &mut timeouts.reply),
            ("idle", &mut timeouts.idle),
            ("secret", &mut timeouts.secret),
        ];
        for (key, field) in fields {
            if let Some(Value::Time(time)) = self.fact(&["timeouts"], key).map(|f| &f.value) {
                *field = *time;
            }
        }
        timeouts
    }

    pub(super) fn retry(&self) -> Retry {
        let mut retry = Retry::default();
        if let Some(Value::Count(count)) = self.fact(&["retry"], "attempts").map(|f| &f.value) {
            retry.attempts = *count;
        }
        let fields = [
            ("pause", &mut retry.pause),
            ("pause_max", &mut retry.pause_max),
        ];
        for (key, field) in fields {
            if let Some(Value::Time(time)) = self.fact(&["retry"], key).map(|f| &f.value) {
                *field = *time;
            }
        }
        retry
    }
}
