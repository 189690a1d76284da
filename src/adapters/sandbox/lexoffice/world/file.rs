//! Files behind `/files/{id}`: what was uploaded, or the document of a sales voucher.

use super::super::ids::Id;

#[derive(Clone, Debug)]
pub(in super::super) struct File {
    pub(in super::super) id: Id,
    /// The bookkeeping voucher that came of it.
    pub(in super::super) voucher: Option<Id>,
    pub(in super::super) content: FileContent,
}

#[derive(Clone, Debug)]
pub(in super::super) enum FileContent {
    Uploaded {
        name: String,
        media_type: String,
        bytes: Vec<u8>,
    },
    /// Rendered when it is read.
    DocumentOf(Id),
}
