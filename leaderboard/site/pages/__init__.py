"""The pages, a module each: PLACE in the navigation, whether there is anything to show, and the pages themselves."""
