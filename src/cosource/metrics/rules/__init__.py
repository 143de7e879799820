"""What a figure is: definitions, fields, periods, and who may ask for which. Pure, and nothing here loads the engine."""
