//! How letters look and what sets them.

use super::{count, given};
use crate::adapters::letters::{self, EngineChoice, LayoutSettings, LetterSettings, PictureSource, WkhtmltopdfSettings};
use crate::config::{Layout, LetterEngineChoice, LogoPosition, NamedTenant, Print, Sandbox, document_of};
use crate::domain::chain::parse_hex;
use crate::domain::ids::TenantId;
use crate::engine::ports::LetterEngine;
use crate::store::Store;
use anyhow::{Context, anyhow};
use rust_decimal::prelude::ToPrimitive;
use std::path::Path;
use std::sync::Arc;

/// A tenant's pictures.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pictures {
    pub letterhead: Option<PictureSource>,
    pub logo: Option<PictureSource>,
}

impl Pictures {
    /// Of a tenant that names files only, as configuration files do.
    #[must_use]
    pub fn of_files(tenant: &NamedTenant) -> Self {
        let file = |path: &Path| given(path).map(PictureSource::File);
        Self { letterhead: file(&tenant.letterhead), logo: file(&tenant.layout.logo) }
    }
}

/// A tenant's pictures; those that were uploaded are in the ledger.
///
/// # Errors
/// When the ledger fails or lacks one.
pub async fn pictures(store: &Store, id: TenantId, tenant: &NamedTenant) -> anyhow::Result<Pictures> {
    Ok(Pictures {
        letterhead: picture(store, id, &tenant.letterhead, "letterhead").await?,
        logo: picture(store, id, &tenant.layout.logo, "logo").await?,
    })
}

async fn picture(store: &Store, id: TenantId, path: &Path, what: &str) -> anyhow::Result<Option<PictureSource>> {
    let Some(hex) = document_of(path) else { return Ok(given(path).map(PictureSource::File)) };
    let hash = parse_hex(hex).with_context(|| format!("{what}: {hex} is no hash"))?;
    let document = store.document(id, &hash).await?.with_context(|| format!("{what}: the ledger has no picture {hex}"))?;
    Ok(Some(PictureSource::Given { name: format!("picture {}", &hex[..8]), bytes: document.bytes.into() }))
}

/// The letter engine that `[print]` names, with a tenant's pictures and layout.
///
/// # Errors
/// What is missing or can't be used, and how to get it.
pub fn letter_engine(print: &Print, pictures: &Pictures, layout: &Layout) -> anyhow::Result<Arc<dyn LetterEngine>> {
    let program = &print.wkhtmltopdf;
    let settings = LetterSettings {
        engine: match print.engine {
            LetterEngineChoice::Typst => EngineChoice::Typst,
            LetterEngineChoice::Wkhtmltopdf => EngineChoice::Wkhtmltopdf,
        },
        max_rows: count(print.max_rows),
        letterhead: pictures.letterhead.clone(),
        footer: print.footer,
        fonts: given(&print.fonts),
        layout: LayoutSettings { logo: pictures.logo.clone(), ..layout_settings(layout) },
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
        logo: None,
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
