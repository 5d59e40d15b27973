//! The directory and S3 providers, both through opendal: the one file that knows it.
