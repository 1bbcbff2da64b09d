"""The harness's verbs, one module each; imported only when the verb is called."""
