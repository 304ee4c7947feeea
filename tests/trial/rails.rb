# Rails' ActiveRecord does its main job: connect, migrate, write, read, dump the schema. Argument: the port. Prints "well" or fails.
require 'active_record'
require 'stringio'

def eq(got, wanted)
  raise "#{got.inspect} is not #{wanted.inspect}" unless got == wanted
end

def refused(error)
  yield
rescue error
  nil
else
  raise "no #{error}"
end

ActiveRecord::Migration.verbose = false
ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: '127.0.0.1', port: ARGV[0].to_i, username: 'tester', password: 'x', database: 'db', pool: 3)
c = ActiveRecord::Base.connection

class Article < ActiveRecord::Base
  has_many :notes, dependent: :destroy
  validates :title, presence: true
end

class Note < ActiveRecord::Base
  belongs_to :article
end

c.create_table(:articles) do |t|
  t.string :title, limit: 50, null: false
  t.text :body
  t.jsonb :meta, default: {}
  t.decimal :price, precision: 10, scale: 2
  t.boolean :ok, default: true
  t.date :day
  t.datetime :at
  t.text :tags, array: true, default: []
  t.timestamps
  t.index :title, unique: true
end
c.create_table(:notes) do |t|
  t.references :article, foreign_key: true
  t.string :note
  t.timestamps
end

a = Article.create!(title: 'a', meta: { x: [1] }, price: 1.5, day: Date.new(2024, 1, 2), at: Time.at(0), tags: %w[x y])
a.notes.create!(note: 'n')
a = Article.find(a.id)
eq [a.meta, a.price.to_s, a.tags, a.ok, a.day.to_s, a.at.to_i], [{ 'x' => [1] }, '1.5', %w[x y], true, '2024-01-02', 0]
refused(ActiveRecord::RecordNotUnique) { Article.create!(title: 'a') }
refused(ActiveRecord::NotNullViolation) { Article.new.save(validate: false) }
eq Article.where(title: %w[a b]).joins(:notes).group(:title).count, { 'a' => 1 }
eq Article.includes(:notes).map { |x| x.notes.size }, [1]
eq [Article.where('meta @> ?', '{"x":[1]}').count, Article.where('? = ANY(tags)', 'x').count], [1, 1]
Article.transaction do
  Article.create!(title: 'd')
  Article.transaction(requires_new: true) { Article.create!(title: 'e') }
end
Article.transaction do
  Article.create!(title: 'z')
  raise ActiveRecord::Rollback
end
eq Article.count, 3
d = Article.find_by(title: 'd')
d.lock!
d.update!(title: 'f')
d.increment!(:price, 2)
Article.upsert_all([{ title: 'f', body: 'u', created_at: Time.now, updated_at: Time.now }], unique_by: :title)
eq [Article.find_by(title: 'f').body, Article.find_by(title: 'f').id], ['u', d.id]
n = 0
Article.find_each(batch_size: 2) { n += 1 }
eq n, 3

eq c.columns(:articles).first(5).map { |x| [x.name, x.sql_type, x.null] },
   [['id', 'bigint', false], ['title', 'character varying(50)', false], ['body', 'text', true], ['meta', 'jsonb', true], ['price', 'numeric(10,2)', true]]
eq c.primary_key(:articles), 'id'
eq c.pk_and_sequence_for(:articles)[0], 'id'
eq c.indexes(:articles).map { |i| [i.name, i.unique, i.columns] }, [['index_articles_on_title', true, ['title']]]
eq c.foreign_keys(:notes).map { |f| [f.to_table, f.column] }, [%w[articles article_id]]
dump = StringIO.new
ActiveRecord::SchemaDumper.dump(c, dump)
raise dump.string unless dump.string =~ /create_table "articles"/ && dump.string =~ /add_foreign_key "notes", "articles"/ && dump.string !~ /Could not dump/

c.add_column :notes, :more, :string, default: 'q'
c.rename_column :notes, :more, :extra
c.change_column :notes, :note, :text
c.change_column_default :notes, :extra, from: 'q', to: 'r'
c.add_index :notes, :note
c.rename_index :notes, 'index_notes_on_note', 'ncx'
c.remove_index :notes, name: 'ncx'
c.remove_column :notes, :extra
c.change_table_comment :articles, from: nil, to: 'cc'
eq c.table_comment('articles'), 'cc'
c.remove_foreign_key :notes, :articles
c.add_foreign_key :notes, :articles
Article.where(title: 'f').explain
eq [c.get_advisory_lock(42), c.release_advisory_lock(42)], [true, true]
Article.find_by(title: 'a').destroy
eq [Article.count, Note.count], [2, 0]

migration = Class.new(ActiveRecord::Migration[6.1]) do
  def change
    create_table(:migrated) { |t| t.string :a }
  end
end
migration.migrate(:up)
ActiveRecord::SchemaMigration.create_table
ActiveRecord::InternalMetadata.create_table
eq [c.table_exists?(:migrated), ActiveRecord::SchemaMigration.table_exists?], [true, true]
migration.migrate(:down)
eq c.table_exists?(:migrated), false
puts 'well'
