-- The board: steps that want a person, found without walking through those that are done. Nothing on the way of a step that goes well writes here.

CREATE INDEX step_wanting ON step (tenant_id, id) WHERE state IN ('gave_up', 'unknown', 'cancelled');
