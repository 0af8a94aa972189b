"""Reports: summary, picture and JUnit of a run, made from its timeline."""
