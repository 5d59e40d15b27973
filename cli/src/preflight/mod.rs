//! Looks at both sides before the first byte: hardware, disks, rates; advice and estimate. Changes nothing.
