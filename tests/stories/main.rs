//! Ferry's stories: what people do and what may go wrong, told on the built parts. One file a subject.

mod architecture;
