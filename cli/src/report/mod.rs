//! What happened, afterwards: summary, CSV, and a page to look at. Reads the ledger only.
