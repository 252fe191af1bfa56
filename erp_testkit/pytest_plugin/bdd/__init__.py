"""The BDD engine: collecting feature files, binding lines to step functions, running and showing a scenario. It knows no ERP."""
