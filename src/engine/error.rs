//! What can go wrong in the engine, and whose fault it is.

use crate::domain::ids::WorkflowId;
use crate::domain::instance::{Lost, Refusal};
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was asked makes no sense in this state.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A person has to say where an instance goes on in another workflow.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// Somebody else has changed a draft since its writer looked at it.
    #[error("{by} has changed this draft meanwhile: look at it again before you go on")]
    DraftChanged { by: String },
    /// What was asked names something that is not there.
    #[error("{0}")]
    NotFound(String),
    /// What was asked can't be done as it was written.
    #[error("{0}")]
    Invalid(String),
    #[error("tenant {0} is not configured in this process")]
    UnknownTenant(crate::domain::ids::TenantId),
    /// A published version that this program can't read any more.
    #[error("workflow version {id} in the ledger can't be read: {why}")]
    Workflow { id: WorkflowId, why: String },
    /// Nothing is planned by a clock that is probably wrong.
    #[error(transparent)]
    Clock(#[from] super::trust::Doubt),
    #[error("the ledger's writer has ended")]
    WriterGone,
    /// The batch that this write stood in failed; the message is the batch's.
    #[error("{message}")]
    Batch { message: String, passing: bool },
}

impl EngineError {
    /// Whether the same may succeed later, without anybody's doing.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => error.is_passing(),
            Self::Batch { passing, .. } => *passing,
            _ => false,
        }
    }
}
