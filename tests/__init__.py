"""The tests of factory_mes, in folders named after its apps."""
