//! Pages of lists and the envelope around them.

use super::super::answer::Refusal;
use super::super::asked::Asked;
use serde_json::{Value, json};

/// More rows than this can't be reached by paging.
const WINDOW: usize = 10_000;
const DEFAULT_SIZE: usize = 25;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Paging {
    pub(super) page: usize,
    pub(super) size: usize,
    pub(super) sort: Sort,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) property: String,
    pub(super) ascending: bool,
}

impl Paging {
    /// `largest` is the biggest page; more is cut to it. `sortable` are the properties that may be sorted by, the default first.
    pub(super) fn of(asked: &Asked, largest: usize, sortable: &[&str], ascending: bool) -> Result<Self, Refusal> {
        let number = |name: &str, default: usize| match asked.parameter(name) {
            None => Ok(default),
            Some(text) => text.parse::<usize>().map_err(|_| Refusal::regular(400, format!("{name}: `{text}` is no number"))),
        };
        let (page, size) = (number("page", 0)?, number("size", DEFAULT_SIZE)?.clamp(1, largest));
        if page.saturating_add(1).saturating_mul(size) > WINDOW {
            return Err(Refusal::regular(400, "Maximum search window size exceeded"));
        }
        Ok(Self { page, size, sort: Sort::of(asked, sortable, ascending)? })
    }

    /// The rows of this page, and the envelope around what `row` makes of them. Later pages may be `moved`.
    pub(super) fn envelope<T>(&self, rows: &[T], moved: i64, row: impl FnMut(&T) -> Value) -> Value {
        let exact = self.page * self.size;
        let start = if self.page == 0 { exact } else { exact.saturating_add_signed(isize::try_from(moved).unwrap_or(0)) };
        let end = (start + self.size).min(rows.len());
        let content: Vec<Value> = rows.get(start..end).unwrap_or_default().iter().map(row).collect();
        let total = rows.len().min(WINDOW);
        let pages = total.div_ceil(self.size);
        json!({
            "first": self.page == 0, "last": self.page + 1 >= pages, "totalPages": pages, "totalElements": total,
            "numberOfElements": content.len(), "size": self.size, "number": self.page, "content": content,
            "sort": [{
                "property": self.sort.property, "direction": if self.sort.ascending { "ASC" } else { "DESC" },
                "ignoreCase": false, "nullHandling": "NATIVE", "ascending": self.sort.ascending,
            }],
        })
    }
}

impl Sort {
    fn of(asked: &Asked, sortable: &[&str], ascending: bool) -> Result<Self, Refusal> {
        let default = || Self { property: sortable.first().copied().unwrap_or_default().to_owned(), ascending };
        let Some(text) = asked.parameter("sort") else { return Ok(default()) };
        let (property, direction) = text.split_once(',').unwrap_or((text, "ASC"));
        let property = property.trim();
        if !sortable.contains(&property) {
            return Err(Refusal::regular(400, format!("sort: `{property}` can't be sorted by")));
        }
        let ascending = match direction.trim().to_ascii_uppercase().as_str() {
            "ASC" => true,
            "DESC" => false,
            other => return Err(Refusal::regular(400, format!("sort: `{other}` is no direction"))),
        };
        Ok(Self { property: property.to_owned(), ascending })
    }
}
