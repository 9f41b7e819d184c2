"""`shopkeeper label`: a page on which a person corrects what was read of a shopper's words, saved to train on."""
