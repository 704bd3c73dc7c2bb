from benchmarks import accuracy, accuracy_page


def test_tables_of_the_page_are_what_was_measured():
  with open(accuracy_page.PAGE, encoding='utf-8') as file:
    page = file.read()
  assert accuracy_page.filled(page, accuracy.load()) == page
