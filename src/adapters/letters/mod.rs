//! Letters on paper: from a notice to a PDF, and from the PDF to the folder that is printed.
//!
//! Two engines behind [`LetterEngine`](crate::engine::ports::LetterEngine): Typst, built in, and `wkhtmltopdf`, a
//! locked-down process; [`engine`] makes the one that is asked for and never the other. Both print the same content
//! (`content`), which holds every amount and date as a finished string, in the same look (`look`); their templates are in `templates/letter/`.
//! [`PrintBatch`] is the [`LetterPost`](crate::engine::ports::LetterPost) of those who print themselves.
//!
//! Nothing here decides what a letter says (the texts adapter) or whether it goes (the engine). No clock: a letter is
//! dated by its notice.

mod address;
mod child;
mod content;
pub mod epc;
mod glyphs;
mod html;
mod look;
mod manifest;
mod metrics;
mod pages;
mod picture;
mod print_batch;
mod settings;
mod wkhtmltopdf;
mod words;

#[cfg(feature = "typst")]
mod typst;
#[cfg(feature = "typst")]
mod world;

#[cfg(test)]
mod samples;

#[cfg(feature = "typst")]
pub use self::typst::TypstEngine;
pub use picture::check as check_picture;
pub use print_batch::PrintBatch;
pub use settings::{
    Colour, EngineChoice, LayoutSettings, LetterSettings, LogoPosition, PictureSource, Sandbox, WkhtmltopdfSettings, engine,
};
pub use wkhtmltopdf::WkhtmltopdfEngine;
