"""Plans statements for the common forms of questions, without a model."""
