"""The approval sheet: one page a quality manager reads in two minutes and signs, made of a run's evidence, verdict and signatures."""
