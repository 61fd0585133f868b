-- Since when something does not work over the queue of the workers, though it is there.
ALTER TABLE _queue ADD COLUMN error_since INTEGER;
