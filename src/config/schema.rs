//! Turns the schema of the configuration types into the dialect that the platform's form can draw.
