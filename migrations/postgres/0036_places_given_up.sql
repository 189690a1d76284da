-- Where a customer's notices shared a place in a sender's queue, some with a person's release and some without, the place was given up with the first of
-- them, and whoever else stood there was never looked at again. They are due again.
UPDATE instance SET slot_seq = NULL
WHERE slot_seq IS NOT NULL AND NOT EXISTS (SELECT 1 FROM slot s WHERE s.tenant_id = instance.tenant_id AND s.seq = instance.slot_seq);
