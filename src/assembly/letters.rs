//! How letters look and what sets them.

use super::{count, given};
use crate::adapters::letters::{self, EngineChoice, LayoutSettings, LetterSettings, WkhtmltopdfSettings};
use crate::config::{Layout, LetterEngineChoice, LogoPosition, Print, Sandbox};
use crate::engine::ports::LetterEngine;
use anyhow::{Context, anyhow};
use rust_decimal::prelude::ToPrimitive;
use std::path::Path;
use std::sync::Arc;

/// The letter engine that `[print]` names, with a tenant's letterhead (empty: none) and layout.
///
/// # Errors
/// What is missing or can't be used, and how to get it.
pub fn letter_engine(print: &Print, letterhead: &Path, layout: &Layout) -> anyhow::Result<Arc<dyn LetterEngine>> {
    let program = &print.wkhtmltopdf;
    let settings = LetterSettings {
        engine: match print.engine {
            LetterEngineChoice::Typst => EngineChoice::Typst,
            LetterEngineChoice::Wkhtmltopdf => EngineChoice::Wkhtmltopdf,
        },
        max_rows: count(print.max_rows),
        letterhead: given(letterhead),
        footer: print.footer,
        fonts: given(&print.fonts),
        layout: layout_settings(layout),
        wkhtmltopdf: WkhtmltopdfSettings {
            program: program.program.clone(),
            html_zoom: program.html_zoom.to_f64().context("[print.wkhtmltopdf] html_zoom")?,
            sandbox: match program.sandbox {
                Sandbox::Auto => letters::Sandbox::Auto,
                Sandbox::Always => letters::Sandbox::Always,
                Sandbox::Never => letters::Sandbox::Never,
            },
            timeout_s: program.timeout_seconds.into(),
        },
    };
    letters::engine(&settings).map_err(|why| anyhow!("[print] {why}"))
}

/// An accent that can't be read on white colours lines alone.
fn layout_settings(layout: &Layout) -> LayoutSettings {
    let colour = |colour: crate::config::Colour| letters::Colour(colour.0);
    LayoutSettings {
        logo: given(&layout.logo),
        logo_position: match layout.logo_position {
            LogoPosition::Left => letters::LogoPosition::Left,
            LogoPosition::Center => letters::LogoPosition::Center,
            LogoPosition::Right => letters::LogoPosition::Right,
        },
        logo_height_mm: layout.logo_height_mm,
        accent: colour(layout.accent),
        words: colour(if layout.accent.is_readable() { layout.accent } else { layout.text }),
        text: colour(layout.text),
        footer: layout.footer.clone(),
    }
}
